import ConnectorSDK
import EC2Connector

await serve(EC2Connector())
