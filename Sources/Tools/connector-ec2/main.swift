import ConnectorSDK
import EC2

await serve(EC2Connector())
