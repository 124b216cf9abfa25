#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Times of day, by the C library.
enum Clock {
    static var seconds: Int { time(nil) }

    static func format(_ format: String, seconds: Int, isUTC: Bool) -> String {
        var moment = time_t(seconds)
        var parts = tm()
        if isUTC { gmtime_r(&moment, &parts) } else { localtime_r(&moment, &parts) }
        if format.isEmpty { return "" }
        var buffer = [CChar](repeating: 0, count: 4096)
        let length = strftime(&buffer, buffer.count, format, &parts)
        return String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension BuiltIns {
    static let timeFilters: [String: JinjaFunction] = [
        "strftime": JinjaFunction(["string_format", "second", "utc"]) { arguments, _ in
            var seconds = Clock.seconds
            if let second = arguments.value(1, "second"), !second.isNone {
                guard let number = second.number?.double ?? second.stringValue.flatMap(Numbers.double) else {
                    throw JinjaError.value("Invalid value for epoch value (\(second.text))")
                }
                seconds = try Numbers.truncated(.double(number))
            }
            return .string(
                Clock.format(arguments.subject.text, seconds: seconds, isUTC: arguments.flag(2, "utc")))
        },
        "to_datetime": JinjaFunction(["string", "format"]) { arguments, _ in
            .python(
                try TimeParser.parse(
                    arguments.subject.text, format: try arguments.text(1, "format") ?? "%Y-%m-%d %H:%M:%S"))
        },
    ]
}
