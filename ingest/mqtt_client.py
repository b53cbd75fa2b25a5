"""How every paho client of ours is made: MQTT 3.1.1, TLS 1.2 or later, manual acknowledgement."""

from __future__ import annotations

import ssl

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from ingest.messages import BrokerAddress

CONNECT_S = 5.0  # longest wait for a broker to take a connection


def connect_client(
    address: BrokerAddress, client_id: str, *, clean: bool, reconnect: bool = False
) -> paho.Client:
    """A client ready to connect to ``address``; ``clean`` starts without a session on the broker.

    Raises OSError for certificate files that cannot be read.
    """
    client = paho.Client(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        clean_session=clean,
        protocol=paho.MQTTv311,
        manual_ack=True,
        reconnect_on_failure=reconnect,
    )
    client.connect_timeout = CONNECT_S
    if address.username:
        client.username_pw_set(address.username, address.password or None)
    if address.tls:
        context = ssl.create_default_context(cafile=address.ca_file or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if address.cert_file:
            context.load_cert_chain(address.cert_file, address.key_file or None)
        client.tls_set_context(context)
    return client
