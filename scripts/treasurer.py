#!/usr/bin/env python3
# Decides for operators of a run: holds payments that would leave less than TARGET, as the policy "inflow" does.
# usage: treasurer.py ADDRESS TARGET OPERATOR...
import sys, grpc
from decimal import Decimal
from google.protobuf import descriptor_pool, message_factory
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

address, target, *operators = sys.argv[1:]
channel = grpc.insecure_channel(address, [("grpc.max_receive_message_length", 1 << 24)])
grpc.channel_ready_future(channel).result(60)
pool = descriptor_pool.DescriptorPool(ProtoReflectionDescriptorDatabase(channel))
rpc = pool.FindServiceByName("clearing.v1.TreasuryService").FindMethodByName("Decide")
Request, Response = map(message_factory.GetMessageClass, (rpc.input_type, rpc.output_type))
decide = channel.unary_unary("/clearing.v1.TreasuryService/Decide", Request.SerializeToString, Response.FromString)
HELD = pool.FindEnumTypeByName("clearing.v1.Priority").values_by_name["PRIORITY_HELD"].number

def levels(seen):
    left = Decimal(seen.balance) - Decimal(target)
    for payment in [*seen.queue, *seen.coming]:
        goes = Decimal(payment.amount) <= left
        if goes:
            left -= Decimal(payment.amount)
        level = payment.own_level if goes else HELD
        if level != payment.level:
            yield {"payment_id": payment.payment_id, "level": level}

tick, decisions = 0, [{"operator_code": code} for code in operators]
while not (shown := decide(Request(tick=tick, decisions=decisions))).finished:
    tick = shown.tick
    decisions = [{"operator_code": seen.operator_code, "levels": levels(seen)} for seen in shown.observations]
