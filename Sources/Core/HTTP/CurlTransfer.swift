import CCurl
import Glibc

/// One request on its way through libcurl.
///
/// `@unchecked Sendable`: everything `var` here and the easy handle belong to the thread of ``CurlLoop``, which alone
/// calls these methods and from whose `curl_multi_perform` the callbacks run. Other threads touch `buffer` only, which
/// locks, and the constants.
@safe
final class CurlTransfer: @unchecked Sendable {
    let request: HTTPRequest
    let options: CurlClient.Options
    let buffer = ResponseBuffer()

    /// The easy handle between ``prepare()`` and ``release()``.
    private(set) var activeHandle: UnsafeMutableRawPointer?
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private var connectionList: UnsafeMutablePointer<curl_slist>?
    private var uploadDescriptor: Int32 = -1
    private var status = 0
    private var headers = HTTPHeaders()
    private var headerBytes = 0
    private var isHeadDelivered = false
    private var bodyBytes = 0
    /// Why a callback ended the transfer; libcurl itself then only knows that it did.
    private var failure: HTTPError?

    /// More bytes of header lines than these end a transfer.
    static let maximumHeaderBytes = 256 << 10

    init(request: HTTPRequest, options: CurlClient.Options) {
        self.request = request
        self.options = options
    }

    deinit { release() }

    /// Makes the easy handle. The transfer must be retained until ``release()``: the handle points to it.
    func prepare() throws(HTTPError) -> UnsafeMutableRawPointer {
        guard let handle = unsafe curl_easy_init() else {
            throw HTTPError(code: .invalidRequest, message: "libcurl could not make a handle: out of memory")
        }
        unsafe activeHandle = handle
        try unsafe configure(CurlSettings(handle: handle))
        return unsafe handle
    }

    /// Frees what belongs to libcurl. The handle must have left its multi handle.
    func release() {
        if let handle = unsafe activeHandle { unsafe curl_easy_cleanup(handle) }
        unsafe activeHandle = nil
        unsafe curl_slist_free_all(headerList)
        unsafe headerList = nil
        unsafe curl_slist_free_all(connectionList)
        unsafe connectionList = nil
        if uploadDescriptor >= 0 { close(uploadDescriptor) }
        uploadDescriptor = -1
    }

    /// Ends the transfer with libcurl's result.
    func finish(_ result: CURLcode) {
        if result == CURLE_OK {
            deliverHead()
            buffer.finish(nil)
        } else {
            buffer.finish(failure ?? explain(result))
        }
    }

    // MARK: - Settings

    private func configure(_ settings: borrowing CurlSettings) throws(HTTPError) {
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        try settings.set(CURLOPT_URL, request.url.text)
        try settings.set(CURLOPT_PROTOCOLS_STR, "http,https")
        try settings.set(CURLOPT_NOSIGNAL, 1)
        // Without it, giving up a transfer waits for the thread that resolves its name.
        try settings.set(CURLOPT_QUICK_EXIT, 1)
        try settings.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        try settings.set(CURLOPT_BUFFERSIZE, 64 << 10)
        try settings.set(CURLOPT_CONNECTTIMEOUT_MS, request.timeouts.connect.wholeMilliseconds)
        if let total = request.timeouts.total { try settings.set(CURLOPT_TIMEOUT_MS, total.wholeMilliseconds) }
        if let stall = request.timeouts.stall {
            try settings.set(CURLOPT_LOW_SPEED_LIMIT, 1)
            try settings.set(CURLOPT_LOW_SPEED_TIME, max(1, stall.wholeMilliseconds / 1_000))
        }
        try configureConnection(settings)
        try unsafe configureBody(settings, context)
        try unsafe settings.check(gantry_curl_on_body(settings.handle, receiveBody, context), "WRITEFUNCTION")
        try unsafe settings.check(gantry_curl_on_header(settings.handle, receiveHeader, context), "HEADERFUNCTION")
        try configureHeaders(settings)
        if let limit = request.maximumBodyBytes {
            try settings.set(offset: CURLOPT_MAXFILESIZE_LARGE, Int64(limit))
        }
        if request.maximumRedirects > 0 {
            guard request.method == .get || request.method == .head else {
                throw HTTPError(
                    code: .invalidRequest, message: "\(request) asks to follow redirects, which only GET and HEAD may")
            }
            try settings.set(CURLOPT_FOLLOWLOCATION, 1)
            try settings.set(CURLOPT_MAXREDIRS, request.maximumRedirects)
        }
        if request.acceptsCompression { try settings.set(CURLOPT_ACCEPT_ENCODING, "") }
    }

    private func configureConnection(_ settings: borrowing CurlSettings) throws(HTTPError) {
        try settings.set(CURLOPT_SSL_VERIFYPEER, options.tls.verifiesPeer ? 1 : 0)
        try settings.set(CURLOPT_SSL_VERIFYHOST, options.tls.verifiesPeer ? 2 : 0)
        try settings.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        if let bundle = options.tls.certificateAuthorities { try settings.set(CURLOPT_CAINFO, bundle) }
        switch options.version {
        case .http1: try settings.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        case .http2overTLS: try settings.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        }
        switch options.proxy {
        case .none: try settings.set(CURLOPT_PROXY, "")
        case .environment: break
        case .url(let url): try settings.set(CURLOPT_PROXY, url)
        }
        if let address = request.address {
            let port = request.url.port ?? (request.url.scheme == "https" ? 443 : 80)
            let target = address.contains(":") && !address.hasPrefix("[") ? "[\(address)]" : address
            unsafe connectionList = curl_slist_append(nil, "\(request.url.host):\(port):\(target):\(port)")
            try unsafe settings.check(
                gantry_curl_set_list(settings.handle, CURLOPT_CONNECT_TO, connectionList), "CONNECT_TO")
        }
        // On a kept connection that the server has closed meanwhile, libcurl sends the request once more by itself: right
        // for those that may be repeated only.
        if !request.isRepeatable { try settings.set(CURLOPT_FRESH_CONNECT, 1) }
        try unsafe settings.check(gantry_curl_close_on_exec(settings.handle), "SOCKOPTFUNCTION")
    }

    private func configureBody(
        _ settings: borrowing CurlSettings, _ context: UnsafeMutableRawPointer
    ) throws(HTTPError) {
        switch request.body {
        case .none:
            if request.method == .head {
                try settings.set(CURLOPT_NOBODY, 1)
            } else if request.method != .get && request.method != .delete {
                try settings.setBody(copying: [])
            }
        case .bytes(let bytes):
            try settings.setBody(copying: bytes)
        case .file(let path):
            uploadDescriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
            var information = stat()
            guard uploadDescriptor >= 0, unsafe fstat(uploadDescriptor, &information) == 0,
                information.st_mode & S_IFMT == S_IFREG
            else {
                throw HTTPError(code: .bodyUnreadable, message: "the file '\(path)' with the body cannot be read")
            }
            try settings.set(CURLOPT_UPLOAD, 1)
            try settings.set(offset: CURLOPT_INFILESIZE_LARGE, Int64(information.st_size))
            try unsafe settings.check(
                gantry_curl_on_upload(settings.handle, supplyBody, seekBody, context), "READFUNCTION")
        }
        // libcurl derives the method from the options above; the request's own decides. A HEAD stays one by NOBODY.
        if request.method != .head { try settings.set(CURLOPT_CUSTOMREQUEST, request.method.rawValue) }
    }

    private func configureHeaders(_ settings: borrowing CurlSettings) throws(HTTPError) {
        for field in request.headers.fields {
            guard HTTPHeaders.isValid(name: field.name, value: field.value) else {
                throw HTTPError(
                    code: .invalidRequest,
                    message: "the header '\(field.name.prefix(40))' of \(request.method.rawValue) \(request.url) "
                        + "has a character that no header may have")
            }
            // A header without value needs a semicolon, or libcurl takes it as the wish to remove one.
            append(header: field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
        }
        // What libcurl would add by itself: a guess about the body's type, and a round trip before large bodies.
        if request.headers["Content-Type"] == nil { append(header: "Content-Type:") }
        if request.headers["Expect"] == nil { append(header: "Expect:") }
        if request.headers["User-Agent"] == nil { append(header: "User-Agent: \(options.userAgent)") }
        try unsafe settings.check(
            gantry_curl_set_list(settings.handle, CURLOPT_HTTPHEADER, headerList), "HTTPHEADER")
    }

    private func append(header line: String) {
        if let longer = unsafe curl_slist_append(headerList, line) { unsafe headerList = longer }
    }

    // MARK: - Callbacks

    fileprivate func received(header line: UnsafeRawBufferPointer) -> Int {
        headerBytes += line.count
        guard headerBytes <= Self.maximumHeaderBytes else {
            failure = HTTPError(
                code: .tooLarge,
                message: "the header of the answer from \(request.url) has over "
                    + "\(Self.maximumHeaderBytes) bytes", mayHaveBeenSent: true)
            return 0
        }
        // What comes after the body are trailers.
        guard !isHeadDelivered else { return line.count }
        let text = unsafe String(decoding: line, as: UTF8.self)
        if text.hasPrefix("HTTP/") {
            // Also begins the answer after a 1xx and, where redirects are followed, after each 3xx.
            headers = HTTPHeaders()
            status = text.split(separator: " ").dropFirst().first.flatMap { Int($0.prefix(3)) } ?? 0
            return line.count
        }
        if let colon = text.firstIndex(of: ":") {
            let name = text[..<colon]
            let value = text[text.index(after: colon)...].trimmingBlanks
            headers.add(String(name), value)
        } else if text.trimmingBlanks.isEmpty, status >= 200, !isRedirectToFollow {
            deliverHead()
        }
        return line.count
    }

    private var isRedirectToFollow: Bool {
        request.maximumRedirects > 0 && (300..<400).contains(status) && headers["Location"] != nil
    }

    private func deliverHead() {
        guard !isHeadDelivered else { return }
        isHeadDelivered = true
        buffer.receive(head: ResponseBuffer.Head(status: status, headers: headers))
    }

    fileprivate func received(body piece: UnsafeRawBufferPointer) -> Int {
        deliverHead()
        if let limit = request.maximumBodyBytes, bodyBytes + piece.count > limit {
            failure = tooLarge(limit)
            return 0
        }
        switch unsafe buffer.receive(piece) {
        case .pause: return gantry_curl_write_pause()
        case .taken:
            bodyBytes += piece.count
            return piece.count
        }
    }

    fileprivate func supply(_ destination: UnsafeMutableRawBufferPointer) -> Int {
        // A read of a regular file: short, and the only work of this thread that is not the network.
        while true {
            let count = unsafe read(uploadDescriptor, destination.baseAddress, destination.count)
            if count >= 0 { return count }
            if errno == EINTR { continue }
            failure = HTTPError(
                code: .bodyUnreadable, message: "the file with the body of \(request) cannot be read any more",
                mayHaveBeenSent: true)
            return gantry_curl_read_abort()
        }
    }

    fileprivate func seek(to offset: Int64, from origin: Int32) -> Int32 {
        lseek(uploadDescriptor, off_t(offset), origin) >= 0 ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL
    }

    // MARK: - Errors

    private func tooLarge(_ limit: Int) -> HTTPError {
        HTTPError(
            code: .tooLarge, message: "the answer from \(request.url) has more than \(limit) bytes",
            mayHaveBeenSent: true)
    }

    private func explain(_ result: CURLcode) -> HTTPError {
        let sent = unsafe activeHandle.map { unsafe gantry_curl_info_long($0, CURLINFO_REQUEST_SIZE) > 0 } ?? false
        if result == CURLE_FILESIZE_EXCEEDED { return tooLarge(request.maximumBodyBytes ?? 0) }
        let reason = unsafe String(cString: curl_easy_strerror(result))
        return HTTPError(
            code: CurlTransfer.code(of: result, sent: sent),
            message: "\(request.method.rawValue) \(request.url): \(reason)", mayHaveBeenSent: sent)
    }

    static func code(of result: CURLcode, sent: Bool) -> HTTPError.Code {
        switch result {
        case CURLE_URL_MALFORMAT, CURLE_TOO_MANY_REDIRECTS: return .invalidRequest
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: return .unresolved
        case CURLE_COULDNT_CONNECT, CURLE_PROXY: return .unreachable
        case CURLE_OPERATION_TIMEDOUT: return .timeout
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_PINNEDPUBKEYNOTMATCH,
            CURLE_SSL_INVALIDCERTSTATUS:
            return .untrusted
        case CURLE_PARTIAL_FILE: return .truncated
        case CURLE_BAD_CONTENT_ENCODING, CURLE_WEIRD_SERVER_REPLY: return .malformed
        case CURLE_UNSUPPORTED_PROTOCOL: return sent ? .malformed : .invalidRequest
        case CURLE_READ_ERROR: return .bodyUnreadable
        default: return sent ? .connectionLost : .unreachable
        }
    }
}

// The context of these functions is the transfer of the handle: it is retained while the handle is in the multi handle,
// outside of which libcurl calls none of them.

private func receiveHeader(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context = unsafe context else { return 0 }
    let transfer = unsafe Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
    return unsafe transfer.received(header: UnsafeRawBufferPointer(start: bytes, count: size * count))
}

private func receiveBody(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context = unsafe context else { return 0 }
    let transfer = unsafe Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
    return unsafe transfer.received(body: UnsafeRawBufferPointer(start: bytes, count: size * count))
}

private func supplyBody(
    _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context = unsafe context else { return gantry_curl_read_abort() }
    let transfer = unsafe Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
    return unsafe transfer.supply(UnsafeMutableRawBufferPointer(start: buffer, count: size * count))
}

private func seekBody(_ context: UnsafeMutableRawPointer?, _ offset: curl_off_t, _ origin: Int32) -> Int32 {
    guard let context = unsafe context else { return CURL_SEEKFUNC_FAIL }
    return unsafe Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue().seek(
        to: Int64(offset), from: origin)
}

extension Duration {
    /// At least 1 where it is above zero; bounded, so that no conversion traps.
    fileprivate var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        guard seconds < 1_000_000_000 else { return 1_000_000_000_000 }
        return max(1, Int(seconds) * 1_000 + Int(attoseconds / 1_000_000_000_000_000))
    }
}

extension StringProtocol {
    fileprivate var trimmingBlanks: String {
        let blanks: Set<Character> = [" ", "\t", "\r", "\n", "\r\n"]
        var text = Substring(self)
        while let first = text.first, blanks.contains(first) { text.removeFirst() }
        while let last = text.last, blanks.contains(last) { text.removeLast() }
        return String(text)
    }
}
