"""A gRPC C-core client over xds:///. Calls at an even rate and prints every result as a JSON line."""

import json
import sys
import time

import grpc

PERIOD_S = 0.05
DEADLINE_S = 1.0

channel = grpc.insecure_channel(sys.argv[1])
# A watcher keeps a thread polling. Without one, nothing polls between calls that fail at once, and the channel only moves
# with the backup poller, every 5 s.
channel.subscribe(lambda state: None, try_to_connect=True)
call = channel.unary_unary(
    "/lab.Echo/Hello",
    request_serializer=lambda value: json.dumps(value).encode(),
    response_deserializer=lambda data: json.loads(data),
)


def report(sent, code, details, sender):
    after = (time.time() - sent) * 1000
    result = {"channel": 0, "sentAtMs": sent * 1000, "afterMs": after, "code": code, "details": details, "from": sender}
    print(json.dumps(result), flush=True)


while True:
    sent = time.time()
    try:
        report(sent, 0, "", call({}, timeout=DEADLINE_S)["from"])
    except grpc.RpcError as error:
        report(sent, error.code().value[0], error.details(), "")
    time.sleep(max(0, PERIOD_S - (time.time() - sent)))
