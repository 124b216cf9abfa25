import ConnectorSDK
import MyCloudDriver

await serve(MyCloudConnector())
