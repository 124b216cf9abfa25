import ContextualizationAPI
import Jinja

/// `uri`: talks to a web service from the machine.
package enum URIModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "uri", summary: "Asks a web service, from the machine.",
        parameters: FileParameters.all + HTTPRequest.parameters + [
            ModuleParameter("method", .string, default: "GET", "The method."),
            ModuleParameter("body", .raw, "What is sent."),
            ModuleParameter(
                "body_format", .string, choices: ["form-urlencoded", "json", "raw", "form-multipart"], default: "raw",
                "How it is written; form-multipart is refused."),
            ModuleParameter("src", .path, "A file that is sent."),
            ModuleParameter("remote_src", .boolean, default: false, "`src` is on the machine."),
            ModuleParameter("dest", .path, "Where the answer is kept."),
            ModuleParameter("return_content", .boolean, default: false, "Answer the content."),
            ModuleParameter("status_code", .list, default: [200], "The states that are fine."),
            ModuleParameter(
                "follow_redirects", .string, choices: ["all", "no", "none", "safe", "urllib2", "yes", "True", "False"],
                default: "safe", "Which redirects are followed; safe: those of GET and HEAD."),
            ModuleParameter("creates", .path, "Nothing is asked when this exists."),
            ModuleParameter("removes", .path, "Nothing is asked when this does not exist."),
            ModuleParameter("unix_socket", .path, "A socket to talk through."),
        ], exclusive: [["body", "src"]], supportsCheckMode: false)

    package static func sources(_ arguments: ModuleArguments) -> [SourceRequest] { arguments.controllerFiles }

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let method = (arguments.string("method") ?? "GET").uppercased()
        guard method.allSatisfy({ $0.isASCII && $0.isLetter }) else {
            throw ModuleError(
                code: .invalidArgument,
                message: "Parameter 'method' needs to be a single word in uppercase, like GET or POST.")
        }
        let redirects = arguments.string("follow_redirects") ?? "safe"
        let follows =
            ["all", "yes", "True", "urllib2"].contains(redirects)
            || (redirects == "safe" && ["GET", "HEAD"].contains(method))
        var request = try HTTPRequest(arguments, method: method, followsRedirects: follows)
        var files: [String: [UInt8]] = [:]
        var data = ""
        if let (bytes, type) = try URIBody.bytes(arguments) {
            files["b"] = bytes
            data = " --data-binary @\"$GANTRY_FILES/b\""
            if let type, !URIBody.hasContentType(arguments) { request.add("header", "Content-Type: \(type)") }
        } else if let path = arguments.string("src") {
            if arguments.bool("remote_src") == true {
                data = " --data-binary @\"$sr\""
            } else if case .file(let payload, _)? = context.sources[SourceRequest(kind: .file, path: path)]?.content {
                files["b"] = payload.bytes
                data = " --data-binary @\"$GANTRY_FILES/b\""
            } else {
                throw ModuleError(
                    code: .missingSource, message: "Could not find or access '\(path)' on the controller.")
            }
        }
        files["k"] = request.configuration
        let destination = arguments.string("dest")
        let name = (arguments.string("url") ?? "").split(separator: "/").last.map(String.init) ?? "index.html"
        let script =
            ShellLibrary.prologue(isCheckMode: false) + (try FileParameterValues(arguments)).shell
            + (try ShellLibrary.write()) + HTTPRequest.functions
            + HTTPRequest.needsCurl("uri", answer: "o status -1;") + """
                cr=\(arguments.string("creates").map(ShellText.path) ?? "''");rm=\(arguments.string("removes").map(ShellText.path) ?? "''")
                [ -z "$cr" ]||[ ! -e "$cr" ]||{ o stdout "skipped, since '$cr' exists";fin; }
                [ -z "$rm" ]||[ -e "$rm" ]||{ o stdout "skipped, since '$rm' does not exist";fin; }
                sr=\(arguments.string("src").map(ShellText.path) ?? "''");d=\(destination.map(ShellText.path) ?? "''")
                bt=$(date +%s);: >"$GANTRY_FILES/o";ht "$GANTRY_FILES/o" "$GANTRY_FILES/k"\(data)
                o elapsed $(($(date +%s)-bt));o status "${hs:-0}";o error "$he";o redirects "$hr";o url "$hu";o head "$(tr -d '\\r' <"$GANTRY_FILES/h")"
                if [ -n "$d" ]&&[ -z "$he" ]&&[ "${hs:-0}" -lt 400 ];then [ ! -d "$d" ]||d=${d%/}/\(ShellText.quote(name))
                if [ -f "$d" ]&&cmp -s "$GANTRY_FILES/o" "$d";then at "$d";else wr "$GANTRY_FILES/o" "$d";fi;ch=1;rs "$d";fi
                o changed $ch;o end 1;o content;fl;cat "$GANTRY_FILES/o"

                """
        return .run(
            ModuleInvocation(
                script: script, files: files, reads: [], writes: destination.map { [$0] } ?? ["*"]
            ) { output in .finish(URIAnswer.result(arguments, output)) })
    }
}

/// What `uri` sends.
private enum URIBody {
    static func bytes(_ arguments: ModuleArguments) throws(ModuleError) -> (bytes: [UInt8], type: String?)? {
        guard let body = arguments.value("body") else { return nil }
        switch arguments.string("body_format") {
        case "json"?:
            let text = body.stringValue ?? JSONText.text(body)
            return (Array(text.utf8), "application/json")
        case "form-urlencoded"?:
            var pairs: [(String, String)] = []
            if let dict = body.dictValue {
                for (key, value) in dict {
                    for item in value.listValue ?? [value] { pairs.append((key.text, item.text)) }
                }
            } else if let list = body.listValue {
                for item in list {
                    guard let pair = item.listValue, pair.count == 2 else {
                        throw ModuleError(
                            code: .invalidArgument, message: "failed to parse body as form_urlencoded: no list of pairs"
                        )
                    }
                    pairs.append((pair[0].text, pair[1].text))
                }
            } else {
                return (Array(body.text.utf8), "application/x-www-form-urlencoded")
            }
            let text = pairs.map { "\(encode($0.0))=\(encode($0.1))" }.joined(separator: "&")
            return (Array(text.utf8), "application/x-www-form-urlencoded")
        case "form-multipart"?:
            throw ModuleError(code: .invalidArgument, message: "uri: body_format form-multipart is not supported")
        default: return (Array(body.contentText.utf8), nil)
        }
    }

    static func hasContentType(_ arguments: ModuleArguments) -> Bool {
        (arguments.value("headers")?.dictValue ?? [:]).keys.contains { $0.text.lowercased() == "content-type" }
    }

    private static func encode(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var result: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: " "): result.append(UInt8(ascii: "+"))
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"),
                UInt8(ascii: "~"):
                result.append(byte)
            default: result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}

/// What came back.
private enum URIAnswer {
    static func result(_ arguments: ModuleArguments, _ output: ProgramOutput) -> ModuleResult {
        let (head, content) = TextEdit.split(output.standardOutput, at: Array("\u{1e}content\u{1f}".utf8))
        let records = Records(head)
        guard let content, records["status"] != nil else {
            var result = ModuleResult(records: records, output: output)
            if let text = records["stdout"] { result.setOutput(text, "") }
            if records["status"] != nil {
                result["status"] = -1
                result["elapsed"] = 0
                result["redirected"] = false
                result["url"] = .string(arguments.string("url") ?? "")
            }
            return result
        }
        let status = Int(records["status"] ?? "") ?? -1
        let lines = (records["head"] ?? "").split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let start = lines.lastIndex { $0.hasPrefix("HTTP/") } ?? 0
        let reason = lines.isEmpty ? "" : lines[start].split(separator: " ", maxSplits: 2).dropFirst(2).first ?? ""
        var result = ModuleResult(changed: records.flag("changed"))
        if let stat = records["stat"] { result.addAttributes(stat) }
        if let path = records["path"] { result["path"] = .string(path) }
        var cookies = JinjaDict()
        for line in lines.dropFirst(start + 1) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let name = line[..<colon].lowercased().replacing("-", with: "_")
            let value = String(line[line.index(after: colon)...].trimmingBlanks())
            result[name] = .string(result[name].map { $0.text + ", " + value } ?? value)
            if name == "set_cookie", let pair = value.split(separator: ";").first, let sign = pair.firstIndex(of: "=") {
                cookies[String(pair[..<sign])] = .string(String(pair[pair.index(after: sign)...]))
            }
        }
        result["status"] = .int(status)
        result["elapsed"] = records["elapsed"].flatMap { Int($0) }.map { .int($0) }
        result["url"] = .string(records["url"] ?? arguments.string("url") ?? "")
        let asked = arguments.string("url") ?? ""
        result["redirected"] = .bool(records["url"].map { $0 != asked && $0 != asked + "/" } ?? false)
        if let location = result["location"]?.text, location.hasPrefix("/"), let scheme = asked.firstRange(of: "://") {
            let host = asked[scheme.upperBound...].prefix { $0 != "/" }
            result["location"] = .string(asked[..<scheme.upperBound] + host + location)
        }
        result["cookies"] = .dict(cookies)
        result["cookies_string"] = .string(cookies.map { "\($0.text)=\($1.text)" }.joined(separator: "; "))
        let text = String(decoding: content, as: UTF8.self)
        if let type = result["content_type"]?.text.lowercased(), type.contains("json"), let json = JSONText.parse(text)
        {
            result["json"] = json
        }
        if arguments.bool("return_content") == true { result["content"] = .string(text) }
        if let error = records["error"], !error.isEmpty {
            result.message = "Request failed: \(error)"
        } else if status >= 300 {
            result.message = "HTTP Error \(status): \(reason)"
        } else {
            result.message = "OK (\(result["content_length"]?.text ?? "unknown") bytes)"
        }
        let wanted = (arguments.list("status_code") ?? ["200"]).map { String($0.trimmingBlanks()) }
        if !wanted.contains(String(status)) {
            result.failed = true
            result.changed = false
            result["content"] = .string(text)
            // Where nothing was answered, there is nothing to tell of.
            if status < 0 { for key in ["content", "cookies", "cookies_string"] { result[key] = nil } }
            result.message =
                "Status code was \(status) and not [\(wanted.joined(separator: ", "))]: \(result.message ?? "")"
        }
        return result
    }
}
