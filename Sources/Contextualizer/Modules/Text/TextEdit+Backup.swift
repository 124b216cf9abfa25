import Jinja

extension TextEdit {
    /// What `lineinfile` says of a file that is not there, where nothing of it is wanted.
    static let missing = "file not present"

    /// As `lineinfile` does: the kept file is called `backup`, empty when there is none, and the difference has a part
    /// for owner and mode.
    func ofLines(warning: String?) -> TextEdit {
        var copy = withoutFile
        copy.takesAnyBytes = true
        copy.showsAttributes = true
        let finish = copy.finish
        copy.finish = { result in
            finish(&result)
            if !result.failed, result.message != Self.missing { result["backup"] = result["backup_file"] ?? "" }
            result["backup_file"] = nil
            if let warning { result["warnings"] = .list([.string(warning)]) }
        }
        return copy
    }

    /// What the edit makes of the file. In one that is no UTF-8 characters of nobody stand for the bytes that are part of
    /// none, so that they stay as they are.
    func outcome(of content: [UInt8]?) -> Outcome {
        guard let content, String(validating: content, as: UTF8.self) == nil else { return edit(content) }
        var text: [UInt8] = []
        var rest = content[...]
        while let byte = rest.first {
            let length = byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4
            let isCharacter = String(validating: rest.prefix(length), as: UTF8.self) != nil
            text += isCharacter ? rest.prefix(length) : [0xf4, 0x8f, 0xbc | byte >> 6, 0x80 | byte & 0x3f]
            rest = rest.dropFirst(isCharacter ? length : 1)
        }
        guard case .changed(let bytes, let message, let values) = edit(text) else { return edit(text) }
        var changed: [UInt8] = []
        rest = bytes[...]
        while let byte = rest.first {
            let next = Array(rest.prefix(4))
            if next.starts(with: [0xf4, 0x8f]), next[2] > 0xbd {
                changed.append(next[2] << 6 | next[3] & 0x3f)
                rest = rest.dropFirst(4)
            } else {
                changed.append(byte)
                rest = rest.dropFirst()
            }
        }
        return .changed(changed, message, values)
    }

    /// The same edit, whose result says nothing of the file's owner and mode.
    var withoutFile: TextEdit {
        var copy = self
        copy.finish = { result in
            if !result.failed { for key in ModuleResult.fileKeys { result[key] = nil } }
        }
        return copy
    }
}
