import ConnectorSDK
import Dummy

await serve(DummyConnector())
