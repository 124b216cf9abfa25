import ConnectorSDK
import Libvirt

await serve(LibvirtConnector())
