"""What a client written by other people does: everything it knows comes from the cluster's reflection."""
import os
import uuid

import grpc
from google.protobuf import descriptor_pool, message_factory
from google.rpc import error_details_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_status import rpc_status

from client import connect

CENTRAL_BANK, ICBC, ABC = (os.environ[name] for name in ("CENTRAL_BANK", "OPERATOR_ICBC", "OPERATOR_ABC"))
PERSON = {
    "kind": "WALLET_KIND_PERSONAL",
    "wallet_class": 3,
    "holder": {"phone_number": "13912345678", "identity_document": "110101199003074477"},
}


def order(payer, payee, amount):
    return {"request_id": str(uuid.uuid4()), "payer_wallet": payer, "payee_wallet": payee, "amount": amount}


def services(address):
    with grpc.insecure_channel(address) as channel:
        return set(ProtoReflectionDescriptorDatabase(channel).get_services())


def check_services():
    standard = {"grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"}
    assert standard | {"clearing.v1.WalletService", "clearing.v1.PaymentService"} <= services(ICBC)
    own = {f"clearing.v1.{name}Service" for name in ("Clearing", "Settlement", "Limit", "Queue", "Membership")}
    assert standard | own <= services(CENTRAL_BANK)


def check_error_details(icbc, payer, payee):
    try:
        icbc("PaymentService", "CreatePayment", payment=order(payer, payee, "1.005"))
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
        assert error.details() == "amount: amount 1.005 has more than two decimals (AMOUNT_SCALE)", error.details()
        info, bad_request = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        details = rpc_status.from_call(error).details
        assert details[0].Unpack(info) and details[1].Unpack(bad_request), details
        assert (info.reason, info.domain, dict(info.metadata)) == ("AMOUNT_SCALE", "clearing.v1", {"field": "amount"})
        assert bad_request.field_violations[0].field == "amount"
    else:
        raise AssertionError("three decimals were taken")


def check_details_by_reflection():
    """A client without the types of error details finds them on the server."""
    with grpc.insecure_channel(ICBC) as channel:
        pool = descriptor_pool.DescriptorPool(ProtoReflectionDescriptorDatabase(channel))
        info = pool.FindMessageTypeByName("google.rpc.ErrorInfo")
        assert "reason" in message_factory.GetMessageClass(info).DESCRIPTOR.fields_by_name


def check_stream(payer, payee):
    with grpc.insecure_channel(ICBC) as channel:
        pool = descriptor_pool.DescriptorPool(ProtoReflectionDescriptorDatabase(channel))
        rpc = pool.FindServiceByName("clearing.v1.PaymentService").FindMethodByName("StreamPayments")
        request, response = map(message_factory.GetMessageClass, (rpc.input_type, rpc.output_type))
        path = "/clearing.v1.PaymentService/StreamPayments"
        stream = channel.stream_stream(path, request.SerializeToString, response.FromString)
        batches = [request(sequence=n, payments=[order(payer, payee, "1")]) for n in range(3)]
        answers = sorted(answer.sequence for answer in stream(iter(batches)))
        assert answers == [0, 1, 2], answers


def main():
    check_services()
    check_details_by_reflection()
    icbc, abc, central_bank = connect(ICBC), connect(ABC), connect(CENTRAL_BANK)
    payer = icbc("WalletService", "OpenWallet", **PERSON).wallet.wallet_number
    payee = abc("WalletService", "OpenWallet", **PERSON).wallet.wallet_number
    check_error_details(icbc, payer, payee)
    topped_up = icbc("WalletService", "ExchangeOut", request_id=str(uuid.uuid4()), wallet_number=payer, amount="100")
    assert topped_up.wallet.balance == "100.00"
    payment = icbc("PaymentService", "CreatePayment", payment=order(payer, payee, "12.30")).payment
    assert payment.state == 3 and payment.cycle > 0, payment
    check_stream(payer, payee)
    balances = [call("WalletService", "GetWallet", wallet_number=wallet).wallet.balance
                for call, wallet in ((icbc, payer), (abc, payee))]
    assert balances == ["84.70", "15.30"], balances
    positions = {position.operator_code: position.net_position
                 for position in central_bank("ClearingService", "ListPositions").positions}
    assert positions["ICBC"] == "-15.30" and positions["ABC"] == "15.30", positions
    print("every check passed")


main()
