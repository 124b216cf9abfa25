import HTTPTypes
import Hummingbird
import Logging
import XMLRPC

/// Requests of the XML-RPC interface: read a call, answer it, write the answer.
struct XMLRPCHarness: Sendable {
    let methods: XMLRPCMethods
    let logger: Logger

    /// Largest body that is read, in MiB. A document of 16 MiB, as REST reads, may be twice as long with its marks escaped.
    private static let largest = 32

    /// The one code that IM has for all faults.
    private static let faultCode: Int64 = 1

    func respond(to request: Request) async -> Response {
        guard ["/", "/RPC2", "/RPC2/"].contains(request.uri.path) else {
            return .text("No such page", status: .notFound)
        }
        guard request.method == .post else {
            return .text(
                "XML-RPC calls are sent with POST", status: .methodNotAllowed, headers: [.allow: "POST"])
        }
        if let encoding = request.headers[.contentEncoding], encoding.lowercased() != "identity" {
            return .text(
                "bodies of Content-Encoding '\(encoding.prefix(40))' are not read: send the call as it is",
                status: .unsupportedMediaType)
        }
        do {
            return Self.response(await answer(try await read(request)))
        } catch let error as XMLRPCError {
            return Self.response(.fault(code: Self.faultCode, text: error.message))
        } catch is TooLarge {
            return .text("the call is larger than \(Self.largest) MiB", status: .contentTooLarge)
        } catch let error as LateBody {
            return .text("the call is too slow: \(error)", status: .requestTimeout)
        } catch {
            logger.info("the body of a request did not arrive", metadata: ["error": "\(error)"])
            return .text("the call did not arrive as a whole; send it again", status: .badRequest)
        }
    }

    private struct TooLarge: Error {}

    /// Reads while it arrives, so that what is no call is answered before its end.
    private func read(_ request: Request) async throws -> XMLRPCCall {
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > Self.largest << 20 {
            throw TooLarge()
        }
        let reader = try XMLRPCReader()
        var count = 0
        for try await buffer in request.body {
            count += buffer.readableBytes
            guard count <= Self.largest << 20 else { throw TooLarge() }
            try reader.read([UInt8](buffer: buffer))
        }
        return try reader.finish()
    }

    // MARK: - Calls

    private func answer(_ call: XMLRPCCall) async -> XMLRPCAnswer {
        do throws(XMLRPCFault) {
            if call.method == "system.multicall" { return .value(try await several(call)) }
            return .value(try await one(call))
        } catch {
            return .fault(code: Self.faultCode, text: error.text)
        }
    }

    /// - Throws: ``XMLRPCFault`` for what is no call; what fails is told in IM's pair.
    private func one(_ call: XMLRPCCall) async throws(XMLRPCFault) -> XMLRPCValue {
        if let value = try methods.introspection(call) { return value }
        guard let method = methods.method(call.method) else { throw .unknownMethod(call.method) }
        try method.checkCount(call.parameters.count)
        do {
            let arguments = XMLRPCArguments(
                method: method, values: call.parameters, access: methods.calls.access)
            return [true, try await method.answer(arguments)]
        } catch let error as XMLRPCArguments.Mistake {
            return [false, .string(error.text)]
        } catch {
            return [false, .string(RefusalText.make(error, logger: logger))]
        }
    }

    private static let mostCalls = 1000

    /// `system.multicall`: one after the other; each answer stands in an array, each fault in a struct.
    private func several(_ call: XMLRPCCall) async throws(XMLRPCFault) -> XMLRPCValue {
        guard call.parameters.count == 1, case .array(let calls)? = call.parameters.first else {
            throw XMLRPCFault(text: "system.multicall() takes one array of structs {methodName, params}")
        }
        guard calls.count <= Self.mostCalls else {
            throw XMLRPCFault(text: "system.multicall() takes at most \(Self.mostCalls) calls")
        }
        var answers: [XMLRPCValue] = []
        for call in calls {
            do throws(XMLRPCFault) {
                guard case .string(let name)? = call["methodName"], case .array(let parameters) = call["params"] ?? []
                else { throw XMLRPCFault(text: "a call of system.multicall() is a struct {methodName, params}") }
                guard name != "system.multicall" else {
                    throw XMLRPCFault(text: "system.multicall() does not stand in itself")
                }
                answers.append([try await one(XMLRPCCall(method: name, parameters: parameters))])
            } catch {
                answers.append(["faultCode": .integer(Self.faultCode), "faultString": .string(error.text)])
            }
        }
        return .array(answers)
    }

    // MARK: - Answers

    /// With its length in any case: clients of HTTP/1.0 know no other end.
    private static func response(_ answer: XMLRPCAnswer) -> Response {
        var writer = XMLRPCWriter(answer)
        let first = ByteBuffer(bytes: writer.next() ?? [])
        let headers: HTTPFields = [.contentType: "text/xml; charset=utf-8"]
        guard !writer.isAtEnd else {
            return Response(status: .ok, headers: headers, body: .init(byteBuffer: first))
        }
        let rest = writer
        let length = first.readableBytes + rest.reduce(0) { $0 + $1.count }
        let body = ResponseBody(contentLength: length) { output in
            try await output.write(first)
            for piece in rest { try await output.write(ByteBuffer(bytes: piece)) }
            try await output.finish(nil)
        }
        return Response(status: .ok, headers: headers, body: body)
    }
}

/// A call that cannot be answered, as IM says so.
struct XMLRPCFault: Error {
    var text: String

    static func unknownMethod(_ name: String) -> XMLRPCFault {
        XMLRPCFault(text: "<class 'Exception'>:method \"\(name.prefix(100))\" is not supported")
    }
}
