import ConnectorSDK
import DummyConnector

await serve(DummyConnector())
