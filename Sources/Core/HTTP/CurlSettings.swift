import CCurl

/// Sets options of one easy handle; a refused option is an error of the request. Used on the thread of ``CurlLoop``.
@safe
struct CurlSettings: ~Copyable {
    let handle: UnsafeMutableRawPointer

    func set(_ option: CURLoption, _ value: Int) throws(HTTPError) {
        try unsafe check(gantry_curl_set_long(handle, option, value), option)
    }

    func set(offset option: CURLoption, _ value: Int64) throws(HTTPError) {
        try unsafe check(gantry_curl_set_offset(handle, option, value), option)
    }

    func set(_ option: CURLoption, _ value: String) throws(HTTPError) {
        try unsafe check(gantry_curl_set_string(handle, option, value), option)
    }

    /// Makes `bytes` the body of the request. libcurl keeps a copy of its own, so nothing must outlive this call.
    func setBody(copying bytes: [UInt8]) throws(HTTPError) {
        try set(offset: CURLOPT_POSTFIELDSIZE_LARGE, Int64(bytes.count))
        let code = unsafe bytes.withUnsafeBytes { buffer in
            // An empty array may have no address, which would mean a body from a callback.
            let none: StaticString = ""
            let start = unsafe buffer.baseAddress ?? UnsafeRawPointer(none.utf8Start)
            return unsafe gantry_curl_set_pointer(handle, CURLOPT_COPYPOSTFIELDS, start)
        }
        try check(code, "COPYPOSTFIELDS")
    }

    func check(_ code: CURLcode, _ option: CURLoption) throws(HTTPError) {
        try check(code, "option \(option.rawValue)")
    }

    func check(_ code: CURLcode, _ option: String) throws(HTTPError) {
        guard code != CURLE_OK else { return }
        let reason = unsafe String(cString: curl_easy_strerror(code))
        throw HTTPError(code: .invalidRequest, message: "libcurl refuses \(option): \(reason)")
    }
}
