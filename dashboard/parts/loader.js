const ready = import(new URL("parts/plan.js?v=REVISION", document.baseURI).href);
export default function (component) {
  ready.then((plan) => plan.show(component, "REVISION"));
  return () => ready.then((plan) => plan.leave(component));
}
