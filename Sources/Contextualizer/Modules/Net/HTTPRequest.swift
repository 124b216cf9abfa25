import Jinja

/// A request that the machine makes with `curl`, or, for a mere download, with `wget`.
///
/// Address, headers and passwords go to `curl` in a file of the program's private folder, never in arguments.
struct HTTPRequest: Sendable {
    /// Parameters of all modules that ask for pages.
    static let parameters: [ModuleParameter] = [
        ModuleParameter("url", .string, required: true, "The address."),
        ModuleParameter("headers", .dictionary, default: .dict([:]), "More headers."),
        ModuleParameter("url_username", .string, aliases: ["username", "user"], "The user."),
        ModuleParameter("url_password", .string, aliases: ["password"], secret: true, "Its password."),
        ModuleParameter("force_basic_auth", .boolean, default: false, "Send the password without being asked."),
        ModuleParameter("validate_certs", .boolean, default: true, "Whether the certificate is looked at."),
        ModuleParameter("client_cert", .path, "Certificate of the client, on the machine."),
        ModuleParameter("client_key", .path, "Its key, on the machine."),
        ModuleParameter("ca_path", .path, "Certificates to trust, on the machine."),
        ModuleParameter("use_proxy", .boolean, default: true, "Whether the environment's proxy is used."),
        ModuleParameter("http_agent", .string, default: "ansible-httpget", "The name of the client."),
        ModuleParameter("timeout", .integer, "Seconds for the connection, and without any data."),
        ModuleParameter("force", .boolean, aliases: ["thirsty"], default: false, "No answer from a cache."),
        ModuleParameter("use_gssapi", .boolean, default: false, "Not supported: refused when true."),
        ModuleParameter("use_netrc", .boolean, default: true, "Whether ~/.netrc counts."),
        ModuleParameter("unredirected_headers", .list, default: [], "Accepted: none goes to another host."),
        ModuleParameter("ciphers", .list, "Ciphers of TLS."),
        ModuleParameter("decompress", .boolean, default: true, "Unpack what was packed for the way."),
    ]

    var lines: [String] = []

    init(_ arguments: ModuleArguments, method: String = "GET", followsRedirects: Bool = true) throws(ModuleError) {
        if arguments.bool("use_gssapi") == true {
            throw ModuleError(code: .invalidArgument, message: "use_gssapi is not supported")
        }
        let url = arguments.string("url") ?? ""
        guard !url.utf8.contains(where: { $0 < 0x21 }) else {
            throw ModuleError(code: .invalidArgument, message: "url must not hold blanks: \(url)")
        }
        add("url", url)
        if method == "HEAD" { lines.append("head") } else if method != "GET" { add("request", method) }
        for (key, value) in arguments.value("headers")?.dictValue ?? [:] {
            guard !(key.text + value.text).contains(where: \.isNewline) else {
                throw ModuleError(code: .invalidArgument, message: "header \(key.text) must be one line")
            }
            add("header", "\(key.text): \(value.text)")
        }
        if let user = arguments.string("url_username") {
            add("user", "\(user):\(arguments.string("url_password") ?? "")")
            lines.append(arguments.bool("force_basic_auth") == true ? "basic" : "anyauth")
        } else if arguments.bool("use_netrc") ?? true {
            lines.append("netrc-optional")
        }
        if arguments.bool("validate_certs") == false { lines.append("insecure") }
        for (parameter, option) in [("client_cert", "cert"), ("client_key", "key"), ("ca_path", "cacert")] {
            if let path = arguments.string(parameter) { add(option, path) }
        }
        if arguments.bool("use_proxy") == false { add("noproxy", "*") }
        add("user-agent", arguments.string("http_agent") ?? "ansible-httpget")
        if let ciphers = arguments.list("ciphers") { add("ciphers", ciphers.joined(separator: ":")) }
        if arguments.bool("decompress") ?? true { lines.append("compressed") }
        if let socket = arguments.string("unix_socket") { add("unix-socket", socket) }
        let seconds = arguments.int("timeout") ?? 10
        add("connect-timeout", "\(seconds)")
        add("speed-time", "\(max(1, seconds))")
        add("speed-limit", "1")
        if followsRedirects { lines.append("location") }
    }

    mutating func add(_ option: String, _ value: String) {
        let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
            .replacing("\t", with: "\\t")
        lines.append("\(option) = \"\(escaped)\"")
    }

    /// The file `k` of the program.
    var configuration: [UInt8] { Array((lines.joined(separator: "\n") + "\n").utf8) }

    /// `ht FILE CONFIGURATION MORE…` asks: body into FILE, `hs` status, `hu` last address, `hr` number of redirects, head into
    /// `$GANTRY_FILES/h`. `he` is the text of a failure of the way itself, and the status then -1.
    static let functions = #"""
        ht(){ q=$1;hc=$2;shift 2;: >"$GANTRY_FILES/h";he=
        e=$(curl -q -sS -K "$hc" -D "$GANTRY_FILES/h" -o "$q" -w '%{http_code} %{num_redirects} %{url_effective}' "$@" 2>"$GANTRY_FILES/e")||{ he=$(sed -n '1s/^curl: //p' "$GANTRY_FILES/e");[ -n "$he" ]||he="curl ended with an error"; }
        hs=${e%% *};e=${e#* };hr=${e%% *};hu=${e#* };hs=${hs#00};[ -z "$he" ]||hs=-1; }
        hh(){ tr -d '\r' <"$GANTRY_FILES/h"|awk -v n="$1" 'BEGIN{n=tolower(n)":"}/^HTTP\//{v=""}tolower(substr($0,1,length(n)))==n{v=substr($0,length(n)+1);sub(/^ */,"",v)}END{print v}'; }
        hl(){ tr -d '\r' <"$GANTRY_FILES/h"|awk '/^HTTP\//{s=$0;sub(/^[^ ]* [0-9]* ?/,"",s)}END{print s}'; }

        """#

    /// Fails clearly without `curl`.
    ///
    /// - Parameter answer: statements that tell more of the failure.
    static func needsCurl(_ module: String, answer: String = "") -> String {
        "command -v curl >/dev/null 2>&1||{ \(answer)die \"\(module) needs curl on the machine: install the package curl first\"; }\n"
    }
}
