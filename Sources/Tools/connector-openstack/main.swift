import ConnectorSDK
import OpenStack

await serve(OpenStackConnector())
