import Jinja

extension TextEdit {
    /// What `lineinfile` says of a file that is not there, where nothing of it is wanted.
    static let missing = "file not present"

    /// As `lineinfile` does: the kept file is called `backup`, empty when there is none, and the difference has a part
    /// for owner and mode.
    var ofLines: TextEdit {
        var copy = withoutFile
        copy.showsAttributes = true
        let finish = copy.finish
        copy.finish = { result in
            finish(&result)
            if !result.failed, result.message != Self.missing { result["backup"] = result["backup_file"] ?? "" }
            result["backup_file"] = nil
        }
        return copy
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
