"""Typical whole messages, one a dialect, written for the benchmark after each family's documented grammar."""

from __future__ import annotations

from msgspec import Struct


class Typical(Struct, frozen=True):
    """A message and what a building reads of it: (quantity, channel, path) a sensor."""

    dialect: str
    topic: str
    payload: bytes
    sensors: tuple[tuple[str, str, str], ...]


def _typical(dialect: str, topic: str, text: str, *sensors: tuple[str, str, str]) -> Typical:
    return Typical(dialect, topic, text.encode(), sensors)


# What changes from one message of a device to the next: measurements, radio and clocks. {0} is a digit.
_MOVING = (
    ("19.4", "19.{0}"),
    ("48.5", "48.{0}"),
    (":194}", ":19{0}}"),
    (":485}", ":48{0}}"),
    ("12FC", "12F{0}"),
    ("1795399805", "179539980{0}"),
    (":10:05", ":10:0{0}"),
    ("021005Z", "02100{0}Z"),
    ('"linkquality":72', '"linkquality":7{0}'),
    ('"rssi":-63', '"rssi":-6{0}'),
    ('"f_cnt":1445', '"f_cnt":144{0}'),
    ('"fCnt":4', '"fCnt":{0}'),
)


def series(typical: Typical) -> tuple[bytes, ...]:
    """Ten messages of one device in a row: same shape, other measurements and times."""
    text = typical.payload.decode()
    found = []
    for digit in "0123456789":
        moved = text
        for old, new in _MOVING:
            moved = moved.replace(old, new.replace("{0}", digit))
        found.append(moved.encode())
    return tuple(found)


MESSAGES: tuple[Typical, ...] = (
    _typical(
        "json",
        "archive/stack-2b/climate",
        '{"ts":1795399805,"device":"2B-T1","fw":"1.4.2","rssi":-61,"climate":{"temperature":19.4,"hum'
        'idity":48.2},"battery":91}',
        ("temperature", "", "climate.temperature"),
        ("humidity", "", "climate.humidity"),
    ),
    _typical(
        "zigbee2mqtt",
        "zigbee2mqtt/stack-2b",
        '{"battery":97,"humidity":48.5,"last_seen":"2026-11-23T10:10:05+08:00","linkquality":72,"powe'
        'r_outage_count":11,"pressure":1001.8,"temperature":19.4,"update":{"installed_version":167772'
        '41,"latest_version":16777241,"state":"idle"},"voltage":2995}',
        ("temperature", "", ""),
        ("humidity", "", ""),
    ),
    _typical(
        "tasmota",
        "tele/stack-2b/SENSOR",
        '{"Time":"2026-11-23T10:10:05","SHT3X":{"Temperature":19.4,"Humidity":48.5,"DewPoint":8.3},"B'
        'H1750":{"Illuminance":12},"ESP32":{"Temperature":44.1},"TempUnit":"C"}',
        ("temperature", "", ""),
        ("humidity", "", ""),
    ),
    _typical(
        "shelly_gen2",
        "shellyplusht-1/events/rpc",
        '{"src":"shellyplusht-1","dst":"shellyplusht-1/events","method":"NotifyFullStatus","params":{'
        '"ts":1795399805.21,"ble":{},"cloud":{"connected":false},"devicepower:0":{"id":0,"battery":{"'
        'V":5.4,"percent":88},"external":{"present":false}},"ht_ui":{},"humidity:0":{"id":0,"rh":48.5'
        '},"mqtt":{"connected":true},"sys":{"mac":"C049EF000001","restart_required":false,"time":"10:'
        '10","unixtime":1795399805,"uptime":3,"ram_size":235712,"ram_free":166028,"fs_size":458752,"f'
        's_free":167936,"cfg_rev":14,"kvs_rev":0,"webhook_rev":0,"available_updates":{},"wakeup_reaso'
        'n":{"boot":"deepsleep_wake","cause":"status_update"},"wakeup_period":7200},"temperature:0":{'
        '"id":0,"tC":19.4,"tF":66.9},"wifi":{"sta_ip":"10.0.0.43","status":"got ip","ssid":"archive",'
        '"rssi":-60},"ws":{"connected":false}}}',
        ("temperature", "", ""),
        ("humidity", "", ""),
    ),
    _typical(
        "tts",
        "v3/archive@tenant/devices/stack-2b/up",
        '{"end_device_ids":{"device_id":"stack-2b","application_ids":{"application_id":"archive"},"de'
        'v_eui":"24E124136B000001","join_eui":"24E124C0002A0001","dev_addr":"260BC1C2"},"correlation_'
        'ids":["gs:uplink:01JDC0000000000000000000AA","as:up:01JDC0000000000000000000AB"],"received_a'
        't":"2026-11-23T02:10:05.8Z","uplink_message":{"session_key_id":"AYJyWmbZaAS/afxNG6hOKw==","f'
        '_port":85,"f_cnt":1445,"frm_payload":"AXVcA2fCAARoYQ==","decoded_payload":{"battery":92,"tem'
        'perature":19.4,"humidity":48.5},"rx_metadata":[{"gateway_ids":{"gateway_id":"gw-archive-1","'
        'eui":"AC1F09FFFE000001"},"time":"2026-11-23T02:10:05.512Z","timestamp":2463457000,"rssi":-71'
        ',"channel_rssi":-71,"snr":9.5,"uplink_token":"CiIKIAoUZXVpLWFjMWYwOWZmZmUwMDAwMDESCKwfCf/+AA'
        'ABEIjy2JcJGgwI7dWVygYQ","channel_index":2,"received_at":"2026-11-23T02:10:05.561Z"}],"settin'
        'gs":{"data_rate":{"lora":{"bandwidth":125000,"spreading_factor":7,"coding_rate":"4/5"}},"fre'
        'quency":"868100000","timestamp":2463457000,"time":"2026-11-23T02:10:05.512Z"},"received_at":'
        '"2026-11-23T02:10:05.6Z","consumed_airtime":"0.061696s","version_ids":{"brand_id":"milesight'
        '-iot","model_id":"em300-th","hardware_version":"3.0","firmware_version":"1.0","band_id":"EU_'
        '863_870"},"network_ids":{"net_id":"000013","tenant_id":"tenant","cluster_id":"eu1"}}}',
        ("temperature", "", ""),
        ("humidity", "", ""),
    ),
    _typical(
        "chirpstack",
        "application/1/device/24e124136b000001/event/up",
        '{"deduplicationId":"57433366-50a6-4dc2-8145-2df1bbc70d9e","time":"2026-11-23T02:10:05.404859'
        '+00:00","deviceInfo":{"tenantId":"52f14cd4-c6f1-4fbd-8f87-4025e1d49242","tenantName":"archiv'
        'e","applicationId":"1","applicationName":"archive","deviceProfileId":"605d08d4-65f5-4d2c-8a5'
        'a-3d2457662f79","deviceProfileName":"EM300-TH","deviceName":"stack-2b","devEui":"24e124136b0'
        '00001","tags":{}},"devAddr":"20000001","adr":true,"dr":5,"fCnt":4,"fPort":85,"confirmed":fal'
        'se,"data":"AXVcA2fCAARoYQ==","object":{"battery":92.0,"temperature":19.4,"humidity":48.5},"r'
        'xInfo":[{"gatewayId":"6a7e111a10000000","uplinkId":24022,"time":"2026-11-23T02:10:05.404859+'
        '00:00","rssi":-35,"snr":11.5,"channel":2,"rfChain":1,"location":{},"context":"EFwMtA==","met'
        'adata":{"region_common_name":"EU868","region_config_id":"eu868"},"crcStatus":"CRC_OK"}],"txI'
        'nfo":{"frequency":868500000,"modulation":{"lora":{"bandwidth":125000,"spreadingFactor":7,"co'
        'deRate":"CR_4_5"}}}}',
        ("temperature", "", ""),
        ("humidity", "", ""),
    ),
    _typical(
        "frigate",
        "frigate/events",
        '{"type":"update","before":{"id":"1795399775.4-mx","camera":"front_door","frame_time":1795399'
        '961.8,"label":"person","score":0.78,"box":[424,500,536,712],"region":[264,450,667,853],"curr'
        'ent_zones":["yard"],"entered_zones":["yard"],"stationary":false,"false_positive":false,"star'
        't_time":1795399775.4,"end_time":null},"after":{"id":"1795399775.4-mx","camera":"front_door",'
        '"frame_time":1795399805.1,"snapshot":{"frame_time":1795399865.9,"box":[415,489,528,700],"are'
        'a":12728,"region":[260,446,660,846],"score":0.77,"attributes":[]},"label":"person","sub_labe'
        'l":null,"top_score":0.95,"false_positive":false,"start_time":1795399775.4,"end_time":null,"s'
        'core":0.87,"box":[432,496,544,854],"area":40096,"ratio":1.25,"region":[218,440,693,915],"cur'
        'rent_zones":["yard","vault"],"entered_zones":["yard","vault"],"has_snapshot":false,"has_clip'
        '":false,"active":true,"stationary":false,"motionless_count":0,"position_changes":2,"attribut'
        'es":{},"current_attributes":[]}}',
        ("motion", "front_door", ""),
    ),
    _typical(
        "ruuvi",
        "ruuvi/C8:25:00:00:00:01/CB:B8:33:4C:88:4F",
        '{"gw_mac":"C8:25:00:00:00:01","rssi":-26,"aoa":[],"gwts":"1795399805","ts":"1795399805","dat'
        'a":"0201061BFF99040512FC5394C37C0004FFFC040CAC364200CDCBB8334C884F","coords":""}',
        ("temperature", "", ""),
        ("humidity", "", ""),
    ),
    _typical(
        "theengs",
        "home/gw/BTtoMQTT/582D3433AADF",
        '{"id":"58:2D:34:33:AA:DF","mac_type":0,"name":"","rssi":-63,"brand":"Xiaomi","model":"Mi Jia'
        ' round","model_id":"LYWSDCGQ","type":"THB","tempc":19.4,"tempf":66.92,"hum":48.5,"batt":90}',
        ("temperature", "", ""),
        ("humidity", "", ""),
    ),
    _typical(
        "rtl_433",
        "rtl_433/host/events",
        '{"time":"2026-11-23T02:10:05+0000","model":"Acurite-Tower","id":1234,"channel":"A","battery_'
        'ok":1,"temperature_C":19.4,"humidity":48,"mic":"CHECKSUM","mod":"ASK","freq":433.931,"rssi":'
        '-0.31,"snr":21.8,"noise":-22.1}',
        ("temperature", "", ""),
        ("humidity", "", ""),
    ),
    _typical(
        "zwave",
        "zwave/stack-2b/49/0/Air_temperature",
        '{"time":1795399805000,"value":19.4,"nodeName":"stack-2b","nodeLocation":"archive"}',
        ("temperature", "", ""),
    ),
    _typical(
        "ring",
        "ring/1/alarm/2/info/state",
        '{"batteryLevel":92,"batteryStatus":"full","commStatus":"ok","lastCommTime":"2026-11-23T02:10'
        ':05Z","lastUpdate":"2026-11-23T02:10:05Z","linkQuality":"ok","tamperStatus":"ok"}',
        ("battery", "", ""),
        ("tamper", "", ""),
    ),
    _typical(
        "senml",
        "archive/room12/senml",
        '[{"bn":"urn:dev:mac:0024befffe804ff1:","bt":1795399805,"n":"temperature","u":"Cel","v":19.4}'
        ',{"n":"humidity","u":"%RH","v":48.5},{"n":"light","u":"lx","v":12}]',
        ("temperature", "temperature", ""),
        ("humidity", "humidity", ""),
    ),
    _typical(
        "qingping",
        "qingping/582D3433AADF/up",
        '{"id":1223,"type":"12","timestamp":1795399805,"mac":"582D3433AADF","sensorData":[{"battery":'
        '{"value":99},"timestamp":{"value":1795399805},"temperature":{"value":19.4,"unit":"C"},"humid'
        'ity":{"value":48.5,"unit":"%"},"pm10":{"value":9},"pm25":{"value":7},"co2":{"value":450}}]}',
        ("temperature", "", ""),
        ("humidity", "", ""),
    ),
    _typical(
        "alink",
        "/sys/a1product/host/thing/event/property/post",
        '{"id":"123","version":"1.0","sys":{"ack":0},"params":{"CurrentTemperature":{"value":19.4,"ti'
        'me":1795399805000},"CurrentHumidity":{"value":48.5,"time":1795399805000}},"method":"thing.ev'
        'ent.property.post"}',
        ("temperature", "", ""),
        ("humidity", "", ""),
    ),
    _typical(
        "tencent",
        "$thing/up/property/PRODUCT/host",
        '{"method":"report","clientToken":"123","timestamp":1795399805000,"params":{"temp":19.4,"humi'
        '":48.5}}',
        ("temperature", "", ""),
        ("humidity", "", ""),
    ),
    _typical(
        "huawei",
        "$oc/devices/host/sys/properties/report",
        '{"services":[{"service_id":"Climate","properties":{"temperature":19.4,"humidity":48.5},"even'
        't_time":"20261123T021005Z"}]}',
        ("temperature", "", ""),
        ("humidity", "", ""),
    ),
    _typical(
        "king_pigeon",
        "2007KP0001",
        '{"sensorDatas":[{"flag":"TEMP1","value":194},{"flag":"HUMI1","value":485},{"flag":"DI1","val'
        'ue":0}],"time":"02:10:05 11/23/2026 UTC","state":"recovery","retransmit":"disable"}',
        ("temperature", "TEMP1", ""),
        ("humidity", "HUMI1", ""),
    ),
    _typical(
        "donghuan",
        "/dthjjc/device/1/data",
        '{"method":"metric_data","params":{"route_key":"/dthjjc/device/1/data","metric":{"type":"data'
        '","args":[{"deviceuuid":"a","type":"1","facility":"2","address":"库房东侧","value":{"temp":"19.4'
        '","humidity":"48.5"}},{"deviceuuid":"b","type":"2","facility":"1","address":"库房南侧","value":"'
        '0"}]}}}',
        ("temperature", "a", ""),
        ("water_leak", "b", ""),
    ),
    _typical(
        "office_host",
        "iot/sensor/archive/TH001/properties",
        '{"messageId":"msg_1","timestamp":1795399805000,"clientCode":"archive","deviceId":"TH001","de'
        'viceType":"sensor","version":"1.0","data":{"properties":{"temperature":{"value":19.4,"unit":'
        '"°C","quality":"good","timestamp":1795399805000},"humidity":{"value":48.5,"unit":"%RH","qual'
        'ity":"good","timestamp":1795399805000}}}}',
        ("temperature", "", ""),
        ("humidity", "", ""),
    ),
    _typical(
        "telemetry",
        "devices/telemetry",
        '{"deviceId":"123456","values":{"temperature":19.4,"humidity":48.5,"status":"ok"}}',
        ("temperature", "123456", ""),
        ("humidity", "123456", ""),
    ),
    _typical(
        "flat",
        "modbus/archive/room12",
        '{"temperature":19.4,"humidity":48.5,"DI1":0}',
        ("temperature", "", ""),
        ("humidity", "", ""),
    ),
    _typical(
        "plain",
        "archive/room12/temperature",
        "19.4 °C",
        ("temperature", "", ""),
    ),
    _typical(
        "words",
        "archive/room12/leak",
        "dry",
        ("water_leak", "", ""),
    ),
    _typical(
        "esphome",
        "node/sensor/vault_temperature/state",
        "19.4",
        ("temperature", "", ""),
    ),
    _typical(
        "homie",
        "homie/5/node/climate/temperature",
        "19.4",
        ("temperature", "", ""),
    ),
    _typical(
        "shelly_gen1",
        "shellies/shellyht-1/sensor/temperature",
        "19.4",
        ("temperature", "", ""),
    ),
)
