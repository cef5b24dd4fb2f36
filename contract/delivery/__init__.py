"""Delivery, one code for both ends: an outbox that outlives a power cut, a bus that promises nothing, a sender between.

`outbox` keeps what must arrive until the other end says that it has committed it, `bus` moves bytes over MQTT,
`sender` publishes what is due and again what was not acknowledged, `letters` makes the messages of one boot.
"""
