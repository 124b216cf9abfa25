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
        try await others(session, id, document)

        #expect(
            try await session.failure("GetInfrastructureState", #""none""#, auth).contains("Invalid infrastructure ID"))
        #expect(try await session.value("DestroyInfrastructure", id, auth) == #""""#)
        #expect(try await session.failure("DestroyInfrastructure", id, auth).contains("Invalid infrastructure ID"))
        #expect(try await session.value("DestroyInfrastructure", other, auth, "false", "true") == #""""#)
        try await introspection(session)
    }

    /// Methods about clouds and about taking an infrastructure elsewhere.
    private func others(_ session: Session, _ id: String, _ document: String) async throws {
        let auth = Session.authorization
        for (method, parameters) in [
            ("AlterVM", [id, "0", #""system node (cpu.count = 2)""#, auth]),
            ("CreateDiskSnapshot", [id, "0", "0", #""snap""#, "false", auth]),
            ("ExportInfrastructure", [id, "false", auth]), ("ImportInfrastructure", [#""{}""#, auth]),
            ("ChangeInfrastructureAuth", [id, auth, "false", auth]), ("GetCloudImageList", [#""dummy""#, auth]),
            ("GetCloudQuotas", [#""dummy""#, auth]), ("EstimateResources", [document, auth]),
            ("GetStats", [#""""#, #""""#, auth]),
        ] {
            let answer = try await session.call(method, parameters)
            #expect(answer == #"{"result":[false,"\#(method) is not supported yet"]}"#)
        }
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
