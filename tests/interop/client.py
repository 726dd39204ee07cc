# Opens a wallet at each of two operators and pays; learns the interface from the operators themselves.
import os, uuid, grpc
from google.protobuf import descriptor_pool, message_factory
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

def connect(address):
    channel = grpc.insecure_channel(address)
    pool = descriptor_pool.DescriptorPool(ProtoReflectionDescriptorDatabase(channel))
    def call(service, method, **fields):
        rpc = pool.FindServiceByName(f"clearing.v1.{service}").FindMethodByName(method)
        request, response = map(message_factory.GetMessageClass, (rpc.input_type, rpc.output_type))
        send = channel.unary_unary(f"/clearing.v1.{service}/{method}", request.SerializeToString, response.FromString)
        return send(request(**fields))
    return call

if __name__ == "__main__":
    icbc, abc = connect(os.environ["OPERATOR_ICBC"]), connect(os.environ["OPERATOR_ABC"])
    person = {"kind": "WALLET_KIND_PERSONAL", "wallet_class": 4, "holder": {"phone_number": "13912345678"}}
    payer = icbc("WalletService", "OpenWallet", opening_amount="100", **person).wallet.wallet_number
    payee = abc("WalletService", "OpenWallet", **person).wallet.wallet_number
    order = {"request_id": str(uuid.uuid4()), "payer_wallet": payer, "payee_wallet": payee, "amount": "12.30"}
    print(icbc("PaymentService", "CreatePayment", payment=order).payment)
