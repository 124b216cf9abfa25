import Foundation
import JSONCoding
import Testing

/// Python's own client calls every method of a real service.
@Suite("XML-RPC by Python's client", .timeLimit(.minutes(5)))
struct XMLRPCPythonTests {
    private static let document = """
        network public (outbound = 'yes')
        system node (
            cpu.count >= 1 and memory.size >= 512m and net_interface.0.connection = 'public' and
            disk.0.image.url = 'dummy://image'
        )
        deploy node 2
        contextualize ()

        """

    /// Makes calls, and keeps which methods were called.
    private final class Session {
        let url: String
        var called: Set<String> = []

        init(_ url: String) { self.url = url }

        static let authorization =
            #"[{"type":"InfrastructureManager","username":"ada","password":"one"},"#
            + #"{"id":"dummy","type":"Dummy"}]"#

        /// What Python's client made of the answer, as JSON.
        func call(_ method: String, _ parameters: [String] = []) async throws -> String {
            called.insert(method)
            let ended = try await Program(name: "python3", executable: URL(filePath: "/usr/bin/python3")).run([
                PythonEnvironment.script("xmlrpc_call.py"), url, method, "[\(parameters.joined(separator: ","))]",
            ])
            try #require(ended.status == 0, "\(method): \(ended.errors)")
            return ended.output.trimmingCharacters(in: .newlines)
        }

        /// The value behind IM's pair.
        func value(
            _ method: String, _ parameters: String..., location: SourceLocation = #_sourceLocation
        ) async throws -> String {
            try await second(of: "true", method, parameters, location)
        }

        /// The text of a call that fails.
        func failure(
            _ method: String, _ parameters: String..., location: SourceLocation = #_sourceLocation
        ) async throws -> String {
            try await second(of: "false", method, parameters, location)
        }

        private func second(
            of first: String, _ method: String, _ parameters: [String], _ location: SourceLocation
        ) async throws -> String {
            let answer = try await call(method, parameters)
            let head = #"{"result":[\#(first),"#
            #expect(answer.hasPrefix(head), "\(method): \(answer)", sourceLocation: location)
            return String(answer.dropFirst(head.count).dropLast(2))
        }

        /// Waits until nothing goes on.
        func settle(_ id: String) async throws {
            for _ in 0..<200 {
                let state = try await value("GetInfrastructureState", id, Self.authorization)
                guard ["pending", "running", "deleting"].contains(where: { state.contains("\"\($0)\"") }) else {
                    return
                }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    private static func json(_ text: String) throws -> String {
        String(decoding: try JSONText.encode(text), as: UTF8.self)
    }

    @Test func everyMethod() async throws {
        let scratch = try Scratch()
        let daemon = try await Daemon(state: scratch.path("state"), authorization: [], log: scratch.path("log"))
        let session = Session(daemon.xmlrpcURL)
        let auth = Session.authorization
        let document = try Self.json(Self.document)

        #expect(try await session.value("GetVersion") == #""1.19.1""#)
        #expect(try await session.value("GetInfrastructureList", auth) == "[]")
        let id = try await session.value("CreateInfrastructure", document, auth)
        let other = try await session.value("CreateInfrastructure", document, auth, "true")
        try await session.settle(id)
        try await session.settle(other)
        #expect(try await session.value("GetInfrastructureList", auth) == "[\(id),\(other)]")
        #expect(try await session.value("GetInfrastructureList", auth, #""no such""#) == "[]")
        #expect(try await session.value("GetInfrastructureInfo", id, auth) == #"["0","1"]"#)
        #expect(
            try await session.value("GetInfrastructureState", id, auth)
                == #"{"state":"configured","vm_states":{"0":"configured","1":"configured"}}"#)
        #expect(try await session.value("GetInfrastructureRADL", id, auth).contains("deploy node 2"))
        #expect(try await session.value("GetInfrastructureContMsg", id, auth, "true").hasPrefix("\""))
        #expect(try await session.value("GetInfrastructureOwners", id, auth) == #"["ada"]"#)

        #expect(try await session.value("GetVMInfo", id, "0", auth).contains("state = 'configured'"))
        #expect(try await session.value("GetVMProperty", id, #""0""#, #""cpu.count""#, auth) == "1")
        #expect(try await session.value("GetVMContMsg", id, "0", auth).hasPrefix("\""))
        #expect(try await session.value("StopVM", id, "0", auth) == #""""#)
        #expect(try await session.value("StartVM", id, "0", auth) == #""""#)
        #expect(try await session.value("RebootVM", id, "0", auth) == #""""#)
        #expect(try await session.value("StopInfrastructure", id, auth) == #""""#)
        #expect(try await session.value("GetInfrastructureState", id, auth).contains(#""state":"stopped""#))
        #expect(try await session.value("StartInfrastructure", id, auth) == #""""#)
        try await session.settle(id)

        let more = #""network public\nsystem node\ndeploy node 2""#
        #expect(try await session.value("AddResource", id, more, auth, "false") == "[2,3]")
        try await session.settle(id)
        #expect(try await session.value("RemoveResource", id, "[2,3]", auth) == "2")
        try await session.settle(id)
        #expect(try await session.value("Reconfigure", id, #""""#, auth, "[0]") == #""""#)
        try await session.settle(id)
        try await others(session, id, other, document)

        #expect(
            try await session.failure("GetInfrastructureState", #""none""#, auth).contains("Invalid infrastructure ID"))
        #expect(try await session.value("DestroyInfrastructure", id, auth) == #""""#)
        #expect(try await session.failure("DestroyInfrastructure", id, auth).contains("Invalid infrastructure ID"))
        #expect(try await session.value("DestroyInfrastructure", other, auth, "false", "true") == #""""#)
        try await introspection(session)
    }

    /// Methods about clouds, statistics, owners, and about taking an infrastructure elsewhere.
    private func others(_ session: Session, _ id: String, _ other: String, _ document: String) async throws {
        let auth = Session.authorization
        let estimate = try await session.value("EstimateResources", document, auth)
        #expect(estimate.hasPrefix(#"{"dummy":{"cloudEndpoint":"#), "\(estimate)")
        #expect(estimate.components(separatedBy: #""cpuCores":1"#).count == 3, "\(estimate)")
        let images = try await session.value("GetCloudImageList", #""dummy""#, auth)
        #expect(images.hasPrefix(#"[{"name":"Image Name1","uri":"mock0://linux.for.ev.er/image1"}"#), "\(images)")
        #expect(
            try await session.value("GetCloudImageList", #""dummy""#, auth, #"{"distribution":"no such"}"#) == "[]")
        #expect(try await session.failure("GetCloudImageList", #""nope""#, auth).contains("nope"))
        #expect(
            try await session.value("GetCloudQuotas", #""dummy""#, auth).contains(#""cores":{"limit":10,"used":1}"#))
        let figures = try await session.value("GetStats", #""""#, "null", auth)
        #expect(figures.components(separatedBy: #""im_user":"ada""#).count == 3, "\(figures)")
        #expect(try await session.value("GetStats", #""2000-01-01""#, #""2000-01-02""#, auth) == "[]")
        #expect(try await session.failure("GetStats", #""x""#, #""""#, auth).contains("init_date"))

        let bob = #"[{"type":"InfrastructureManager","username":"bob","password":"two"}]"#
        #expect(try await session.failure("GetInfrastructureState", id, bob).contains("not granted"))
        #expect(try await session.value("ChangeInfrastructureAuth", id, bob, "false", auth) == #""""#)
        #expect(try await session.value("GetInfrastructureOwners", id, bob) == #"["ada","bob"]"#)
        #expect(try await session.value("ChangeInfrastructureAuth", id, auth, "true", bob) == #""""#)
        #expect(try await session.failure("GetInfrastructureState", id, bob).contains("not granted"))

        let altered = try await session.value(
            "AlterVM", id, "0", #""system node (cpu.count = 2 and memory.size = 2048M)""#, auth)
        #expect(altered.contains("cpu.count = 2"), "\(altered)")
        try await session.settle(id)
        #expect(try await session.value("CreateDiskSnapshot", id, "0", "0", #""snap""#, "true", auth).count > 4)
        try await session.settle(id)

        #expect(try await session.value("ExportInfrastructure", id, "false", auth).contains("vm_list"))
        let exported = try await session.value("ExportInfrastructure", other, "true", auth)
        #expect(try await session.failure("GetInfrastructureState", other, auth).contains("Invalid infrastructure ID"))
        #expect(try await session.value("ImportInfrastructure", exported, auth) == other)
        #expect(try await session.failure("ImportInfrastructure", exported, auth).contains("existing"))
        #expect(try await session.failure("ImportInfrastructure", #""{}""#, auth).count > 4)
        #expect(try await session.value("GetInfrastructureState", other, auth).contains(#""state":"configured""#))
    }

    private func introspection(_ session: Session) async throws {
        let list = try await session.call("system.listMethods")
        let names = try JSONText.decode([String: [String]].self, from: list)["result"] ?? []
        #expect(names.count == 33)
        #expect(try await session.call("system.methodHelp", [#""GetVersion""#]).contains("GetVersion()"))
        #expect(
            try await session.call("system.methodSignature", [#""GetVersion""#]) == #"{"result":[["array"]]}"#)
        let calls = #"[{"methodName":"GetVersion","params":[]},{"methodName":"nope","params":[]}]"#
        #expect(
            try await session.call("system.multicall", [calls]).hasPrefix(
                #"{"result":[[[true,"1.19.1"]],{"faultCode":1,"#))
        let missing = try await session.call("GetVMInfo")
        #expect(missing.hasPrefix(#"{"fault":[1,"<class 'TypeError'>:GetVMInfo() missing 3 required"#), "\(missing)")
        #expect(session.called.isSuperset(of: names), "not called: \(Set(names).subtracting(session.called))")
    }
}
