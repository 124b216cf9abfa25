import Authorization
import XMLRPC

/// Methods whose operations are not there yet: the login is checked, then they say so.
extension XMLRPCMethods {
    static func clouds(_ calls: InfrastructureCalls) -> [XMLRPCMethod] {
        [
            missing(
                "AlterVM", "changes a machine as a RADL document says",
                [.infrastructure, .machine, .document, .authorization], 3),
            missing(
                "CreateDiskSnapshot", "makes an image of a machine's disk",
                [
                    .infrastructure, .machine, .init("disk_num", "int"), .init("image_name", "string"),
                    .init("auto_delete", "boolean"), .authorization,
                ], 5),
            missing(
                "ExportInfrastructure", "everything about an infrastructure, as JSON",
                [.infrastructure, .init("delete", "boolean"), .authorization], 2),
            missing(
                "ImportInfrastructure", "takes an exported infrastructure over; its id",
                [.init("str_inf", "string"), .authorization], 1),
            missing(
                "ChangeInfrastructureAuth", "gives an infrastructure further owners, or others",
                [.infrastructure, .init("new_auth", "array"), .init("overwrite", "boolean"), .authorization], 3),
            missing(
                "GetCloudImageList", "images of a cloud", [.cloud, .authorization], 1,
                optional: [.init("filters", "struct")]),
            missing("GetCloudQuotas", "what a cloud allows, and what is used of it", [.cloud, .authorization], 1),
            missing("EstimateResources", "what a RADL document would need, by cloud", [.document, .authorization], 1),
            missing(
                "GetStats", "statistics of the caller's infrastructures",
                [.init("init_date", "string"), .init("end_date", "string"), .authorization], 2),
        ]
    }

    private static func missing(
        _ name: String, _ help: String, _ required: [XMLRPCMethod.Parameter], _ authorization: Int,
        optional: [XMLRPCMethod.Parameter] = []
    ) -> XMLRPCMethod {
        XMLRPCMethod(name, help, required, optional: optional) { arguments in
            _ = try arguments.login(authorization)
            throw FailedCall(message: "\(name) is not supported yet")
        }
    }
}
