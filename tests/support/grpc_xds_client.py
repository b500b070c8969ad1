"""A gRPC C-core client over xds:///. Calls at an even rate and prints every result as a JSON line; a line on its standard
input makes it call over one more channel."""

import json
import sys
import threading
import time

import grpc

PERIOD_S = 0.05
DEADLINE_S = 1.0


def report(number, sent, code, details, sender):
    after = (time.time() - sent) * 1000
    result = {"channel": number, "sentAtMs": sent * 1000, "afterMs": after, "code": code, "details": details, "from": sender}
    # In one write: threads share the pipe.
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.flush()


def call_for_ever(number):
    channel = grpc.insecure_channel(sys.argv[1])
    # A watcher keeps a thread polling. Without one, nothing polls between calls that fail at once, and the channel only
    # moves with the backup poller, every 5 s.
    channel.subscribe(lambda state: None, try_to_connect=True)
    call = channel.unary_unary(
        "/lab.Echo/Hello",
        request_serializer=lambda value: json.dumps(value).encode(),
        response_deserializer=lambda data: json.loads(data),
    )
    while True:
        sent = time.time()
        try:
            report(number, sent, 0, "", call({}, timeout=DEADLINE_S)["from"])
        except grpc.RpcError as error:
            report(number, sent, error.code().value[0], error.details(), "")
        time.sleep(max(0, PERIOD_S - (time.time() - sent)))


def open_channel(number):
    threading.Thread(target=call_for_ever, args=(number,), daemon=True).start()


open_channel(0)
for number, _ in enumerate(sys.stdin, start=1):
    open_channel(number)
