"""Every environment variable Strongroom reads, with the words an operator needs."""

from __future__ import annotations

from sensors.model import Text

VARIABLES: dict[str, Text] = {
    "STRONGROOM_BUILDING": Text("建筑目录", "the building folder"),
    "STRONGROOM_DATA": Text(
        "数据目录（本地磁盘；默认 ./var/建筑名）", "data directory on a local disk (default ./var/NAME)"
    ),
    "STRONGROOM_MQTT_HOST": Text(
        "MQTT 服务器地址（默认 127.0.0.1）", "address of the MQTT broker (default 127.0.0.1)"
    ),
    "STRONGROOM_MQTT_PORT": Text(
        "MQTT 端口（默认 1883，TLS 为 8883）", "port of the MQTT broker (default 1883, with TLS 8883)"
    ),
    "STRONGROOM_MQTT_USERNAME": Text("MQTT 用户名", "user name at the broker"),
    "STRONGROOM_MQTT_PASSWORD": Text("MQTT 密码", "password at the broker"),
    "STRONGROOM_MQTT_TLS": Text("yes 表示使用 TLS", "yes for TLS"),
    "STRONGROOM_MQTT_CA": Text(
        "签发服务器证书的 CA 文件", "file of the CA that signed the broker's certificate"
    ),
    "STRONGROOM_MQTT_CERT": Text("本机客户端证书文件", "file of our client certificate"),
    "STRONGROOM_MQTT_KEY": Text("本机客户端私钥文件", "file of our client key"),
    "STRONGROOM_SENDER": Text(
        "短信通道：none、paper 或 twilio（默认：有 Twilio 帐号时 twilio，否则 none）",
        "message channel: none, paper or twilio (default twilio if an account is given, else none)",
    ),
    "STRONGROOM_TWILIO_ACCOUNT_SID": Text("Twilio 帐号 SID（AC…）", "Twilio account SID (AC…)"),
    "STRONGROOM_TWILIO_AUTH_TOKEN": Text("Twilio 令牌", "Twilio auth token"),
    "STRONGROOM_TWILIO_FROM": Text(
        "发送号码（+…）或消息服务 SID（MG…）", "sending number (+…) or messaging service SID (MG…)"
    ),
    "STRONGROOM_TWILIO_AUTH_TOKEN_2": Text(
        "第二个 Twilio 令牌（轮换期间同时有效）",
        "second Twilio auth token (valid beside the first while rotating)",
    ),
    "STRONGROOM_TWILIO_FROM_2": Text(
        "备用发送号码或消息服务", "sending number or messaging service to fall back on"
    ),
    "STRONGROOM_TWILIO_VOICE_FROM": Text(
        "拨打电话的号码（默认用发送号码）", "number that calls (default the sending number)"
    ),
    "STRONGROOM_TWILIO_KEYS_URL": Text(
        "没有外部地址时接收按键的 TwiML Bin 地址",
        "address of a TwiML Bin that takes pressed keys where we have no public address",
    ),
    "STRONGROOM_TEST_AT": Text(
        "每日通道测试的时刻（当地时间，默认 10:00；off 为不测试）",
        "local time of the daily test of the chain (default 10:00; off for none)",
    ),
    "STRONGROOM_SMTP_URL": Text(
        "邮件服务器，例如 smtp://用户:密码@主机:587", "mail server, e.g. smtp://user:password@host:587"
    ),
    "STRONGROOM_MAIL_FROM": Text("邮件发件地址", "address that mail is sent from"),
    "STRONGROOM_CHANNELS": Text(
        "其他通道，以空格分隔的 名称=apprise地址，例如 wecom=wecombot://密钥",
        "other channels, name=apprise-address separated by spaces, e.g. wecom=wecombot://KEY",
    ),
    "STRONGROOM_TWILIO_URL": Text("Twilio 接口地址（仅测试用）", "address of the Twilio API (for tests)"),
    "STRONGROOM_INFLUX_URL": Text(
        "InfluxDB 地址；不填用内置存储", "address of InfluxDB; empty for the built-in store"
    ),
    "STRONGROOM_INFLUX_TOKEN": Text("InfluxDB 令牌", "InfluxDB token"),
    "STRONGROOM_INFLUX_ORG": Text("InfluxDB 组织", "InfluxDB organisation"),
    "STRONGROOM_INFLUX_BUCKET": Text(
        "InfluxDB 桶（默认 strongroom）", "InfluxDB bucket (default strongroom)"
    ),
    "STRONGROOM_DASHBOARD_HOST": Text(
        "页面监听地址（默认 127.0.0.1）", "address the pages listen on (default 127.0.0.1)"
    ),
    "STRONGROOM_DASHBOARD_PORT": Text("页面端口（默认 8501）", "port of the pages (default 8501)"),
    "STRONGROOM_COOKIE_KEY": Text(
        "登录签名密钥（至少 32 个字符）", "key that signs sign-ins (at least 32 characters)"
    ),
    "STRONGROOM_PUBLIC_URL": Text("外部访问地址", "address under which others reach the pages"),
    "STRONGROOM_BEAT_URL": Text("外部心跳监视地址", "address of an outside watcher of our heartbeat"),
    "STRONGROOM_DEMO": Text("yes 表示演示系统", "yes for a demonstration"),
}
