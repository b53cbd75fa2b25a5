"""plans/*.svg: floor plans drawn by others, checked against an allow-list and written out anew.

A plan is shown inside our own page, so nothing in it may run or fetch: only shapes, groups and text pass, no
scripts, event attributes, foreign objects, style sheets, links or references beyond the file itself. What is
harmless but of no use to us (editor data, metadata) is dropped without a word. XML is read by defusedxml, which
refuses entities and external documents.
"""

from __future__ import annotations

import re
from io import BytesIO
from xml.sax.handler import ContentHandler, feature_namespaces
from xml.sax.saxutils import escape, quoteattr
from xml.sax.xmlreader import AttributesNSImpl, Locator

from defusedxml import DefusedXmlException
from defusedxml.sax import make_parser
from msgspec import Struct

from sensors.model import Text
from strongroom.folder.ledger import Ledger, Spot
from strongroom.folder.source import Source

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
MAX_ELEMENTS = 20_000
MAX_DEPTH = 64

ELEMENTS = frozenset((
    "svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "title", "desc",
    "defs", "symbol", "linearGradient", "radialGradient", "stop", "pattern", "clipPath", "mask", "marker", "switch",
))  # fmt: skip
SHAPES = frozenset(("g", "path", "rect", "circle", "ellipse", "polyline", "polygon"))
ATTRIBUTES = frozenset((
    "id", "class", "viewBox", "width", "height", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "d",
    "points", "transform", "fill", "fill-opacity", "fill-rule", "stroke", "stroke-width", "stroke-opacity",
    "stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "stroke-dasharray", "stroke-dashoffset", "opacity",
    "font-size", "font-family", "font-weight", "font-style", "text-anchor", "dominant-baseline", "dx", "dy", "rotate",
    "textLength", "lengthAdjust", "letter-spacing", "preserveAspectRatio", "offset", "stop-color", "stop-opacity",
    "gradientUnits", "gradientTransform", "patternUnits", "patternTransform", "patternContentUnits", "clip-path",
    "clip-rule", "clipPathUnits", "mask", "maskUnits", "marker-start", "marker-mid", "marker-end", "markerWidth",
    "markerHeight", "markerUnits", "orient", "refX", "refY", "vector-effect", "visibility", "display", "role",
    "aria-label", "aria-hidden", "data-name", "version", "pointer-events", "spreadMethod", "fx", "fy", "paint-order",
    "writing-mode",
))  # fmt: skip
_DANGEROUS = {
    "script": Text("脚本", "a script"),
    "foreignObject": Text("嵌入的网页内容", "a foreign object"),
    "iframe": Text("嵌入的网页", "an embedded page"),
    "a": Text("链接", "a link"),
    "image": Text("外部图片", "an image"),
    "animate": Text("动画", "an animation"),
    "animateTransform": Text("动画", "an animation"),
    "animateMotion": Text("动画", "an animation"),
    "set": Text("动画", "an animation"),
    "handler": Text("脚本", "a script"),
    "listener": Text("脚本", "a script"),
    "object": Text("嵌入的对象", "an embedded object"),
    "embed": Text("嵌入的对象", "an embedded object"),
    "feImage": Text("外部图片", "an image"),
}
_DROPPED_ALOUD = {
    "use": Text("克隆的图形（use）", "a clone (use)"),
    "style": Text("样式表", "a style sheet"),
    "filter": Text("滤镜", "a filter"),
    "textPath": Text("沿路径的文字", "text on a path"),
}
_LOCAL_URL = re.compile(r"url\(\s*['\"]?#[\w.:-]+['\"]?\s*\)")
_FOREIGN = re.compile(
    r"(?i)url\s*\(|javascript\s*:|data\s*:|vbscript\s*:|@import|expression\s*\(|&#|\\|<|-moz-binding"
)


class Plan(Struct, frozen=True):
    """A floor's plan as it may be shown: sanitised SVG and the ids of its shapes."""

    svg: str
    shapes: frozenset[str]


def read_plan(source: Source, ledger: Ledger) -> Plan | None:
    """The cleaned plan; None (with problems) if it is no SVG at all."""
    handler = _Cleaner(source.file, ledger)
    parser = make_parser()
    parser.forbid_dtd = False  # editors write a harmless DOCTYPE; entities and external parts stay forbidden
    parser.setFeature(feature_namespaces, True)
    parser.setContentHandler(handler)
    try:
        parser.parse(BytesIO(_without_declared_encoding(source.text).encode("utf-8", "replace")))
    except DefusedXmlException:
        ledger.error(
            Spot(source.file),
            Text(
                "文件声明了实体或外部文档，这可能是攻击。",
                "It declares entities or external parts, which may be an attack.",
            ),
            Text("在绘图软件中另存为“普通 SVG”。", 'Save it from the drawing program as "plain SVG".'),
        )
        return None
    except _TooMuchError as stop:
        ledger.error(Spot(source.file, stop.line), stop.says, Text("简化图纸。", "Simplify the drawing."))
        return None
    except Exception as error:  # expat and SAX raise many kinds for broken XML; all mean the same
        line = getattr(error, "getLineNumber", lambda: 0)() or getattr(error, "lineno", 0) or 0
        ledger.error(
            Spot(source.file, int(line)),
            Text("不是完整的 SVG（XML 有错）。", "This is not a well-formed SVG (the XML is broken)."),
            Text(
                "在绘图软件中重新保存为“普通 SVG”。", 'Save it again from the drawing program as "plain SVG".'
            ),
        )
        return None
    if not handler.root_is_svg:
        ledger.error(
            Spot(source.file),
            Text("最外层不是 svg 元素。", "The outermost element is not svg."),
            Text(
                f'第一行写：<svg xmlns="{SVG}" viewBox="0 0 800 500">',
                f'Begin with: <svg xmlns="{SVG}" viewBox="0 0 800 500">',
            ),
        )
        return None
    if not handler.has_view_box:
        ledger.error(
            Spot(source.file, handler.root_line),
            Text("svg 没有 viewBox，无法缩放。", "The svg has no viewBox and so cannot be scaled."),
            Text('补上：viewBox="0 0 800 500"', 'Add: viewBox="0 0 800 500"'),
        )
    return Plan("".join(handler.out), frozenset(handler.shapes))


def _without_declared_encoding(text: str) -> str:
    return re.sub(r"^\s*<\?xml[^>]*\?>", "", text, count=1)


class _TooMuchError(Exception):
    def __init__(self, line: int, says: Text) -> None:
        super().__init__(says.en)
        self.line = line
        self.says = says


class _Cleaner(ContentHandler):
    """Writes out what may pass and reports what may not."""

    def __init__(self, file: str, ledger: Ledger) -> None:
        super().__init__()
        self.out: list[str] = []
        self.shapes: dict[str, int] = {}
        self.root_is_svg = False
        self.has_view_box = False
        self.root_line = 0
        self._file = file
        self._ledger = ledger
        self._locator: Locator | None = None
        self._depth = 0
        self._count = 0
        self._dropping = 0  # depth of the element whose whole content is dropped

    def setDocumentLocator(self, locator: Locator) -> None:  # noqa: N802 - SAX's name
        self._locator = locator

    def startElementNS(  # noqa: N802 - SAX's name
        self, name: tuple[str | None, str], _qname: str | None, attrs: AttributesNSImpl
    ) -> None:
        self._depth += 1
        self._count += 1
        if self._depth > MAX_DEPTH or self._count > MAX_ELEMENTS:
            raise _TooMuchError(
                self._line(),
                Text(f"图形过多（上限 {MAX_ELEMENTS} 个、{MAX_DEPTH} 层）。",
                     f"Too many elements (at most {MAX_ELEMENTS}, {MAX_DEPTH} levels deep)."),
            )  # fmt: skip
        if self._dropping:
            return
        space, local = name
        if self._depth == 1:
            self.root_is_svg = local == "svg" and space in {SVG, None}
            self.root_line = self._line()
        if space not in {SVG, None} or local not in ELEMENTS:
            self._dropping = self._depth
            self._refuse(space, local)
            return
        self._write(local, attrs)

    def endElementNS(self, name: tuple[str | None, str], qname: str | None) -> None:  # noqa: N802, ARG002
        if self._dropping == self._depth:
            self._dropping = 0
        elif not self._dropping:
            self.out.append(f"</{name[1]}>")
        self._depth -= 1

    def characters(self, content: str) -> None:
        if not self._dropping and self._depth:
            self.out.append(escape(content))

    def _line(self) -> int:
        return (self._locator.getLineNumber() or 0) if self._locator else 0

    def _refuse(self, space: str | None, local: str) -> None:
        what = _DANGEROUS.get(local)
        spot = Spot(self._file, self._line(), f"<{local}>")
        if what and (space in {SVG, None} or local in {"script", "iframe", "object", "embed"}):
            self._ledger.error(
                spot,
                Text(f"平面图里不能有{what.zh}。", f"A plan may not hold {what.en}."),
                Text(f"删去 <{local}> 元素。", f"Remove the <{local}> element."),
            )
        elif local in _DROPPED_ALOUD and space in {SVG, None}:
            dropped = _DROPPED_ALOUD[local]
            self._ledger.warn(
                spot,
                Text(
                    f"{dropped.zh}不会显示。", f"{dropped.en[0].upper()}{dropped.en[1:]} will not be shown."
                ),
                Text("直接画出图形（克隆请先解除链接）。", "Draw the shape itself (unlink clones first)."),
            )

    def _write(self, local: str, attrs: AttributesNSImpl) -> None:
        kept: dict[str, str] = {}
        for (space, key), value in attrs.items():
            if space in {None, ""} and key == "style":
                kept |= self._styles(value)
            elif space in {None, ""} and key in ATTRIBUTES:
                if self._safe(key, value):
                    kept.setdefault(key, value)
            else:
                self._attribute(space, key, value)
        if local == "svg":
            self.has_view_box = self.has_view_box or "viewBox" in kept
        name = kept.get("id", "")
        if name and local in SHAPES:
            self._shape(name)
        space = f' xmlns="{SVG}"' if self._depth == 1 else ""
        written = "".join(f" {key}={quoteattr(value)}" for key, value in kept.items())
        self.out.append(f"<{local}{space}{written}>")

    def _shape(self, name: str) -> None:
        first = self.shapes.setdefault(name, self._line())
        if first != self._line():
            self._ledger.error(
                Spot(self._file, self._line(), f'id="{name}"'),
                Text(
                    f"图形编号“{name}”在第 {first} 行已用过。",
                    f'The id "{name}" was already used on line {first}.',
                ),
                Text("每个编号只用一次。", "Use each id only once."),
            )

    def _styles(self, value: str) -> dict[str, str]:
        kept: dict[str, str] = {}
        for declaration in value.split(";"):
            key, _, words = declaration.partition(":")
            key, words = key.strip(), words.strip()
            if key in ATTRIBUTES and words and self._safe(f"style {key}", words):
                kept[key] = words
            elif key and key not in ATTRIBUTES:
                self._safe(f"style {key}", words)
        return kept

    def _safe(self, key: str, value: str) -> bool:
        if not _FOREIGN.search(_LOCAL_URL.sub("", value)):
            return True
        self._ledger.error(
            Spot(self._file, self._line(), f'{key}="{value[:60]}"'),
            Text("平面图不能引用外部内容。", "A plan may not refer to anything outside itself."),
            Text(f"删去 {key}。", f"Remove {key}."),
        )
        return False

    def _attribute(self, space: str | None, key: str, value: str) -> None:
        if key.casefold().startswith("on"):
            says = Text(f"平面图里不能有事件属性 {key}。", f"A plan may not hold the event attribute {key}.")
        elif key == "href" and not value.startswith("#"):
            says = Text("平面图不能引用外部内容。", "A plan may not refer to anything outside itself.")
        else:
            return
        shown = f"xlink:{key}" if space == XLINK else key
        self._ledger.error(
            Spot(self._file, self._line(), f'{shown}="{value[:60]}"'),
            says,
            Text(f"删去 {shown}。", f"Remove {shown}."),
        )
