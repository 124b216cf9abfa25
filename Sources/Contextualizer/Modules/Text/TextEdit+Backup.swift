import Jinja

extension TextEdit {
    /// The same edit, whose result names the kept file as `backup`, as `lineinfile` does; empty when there is none.
    var namingBackup: TextEdit {
        var copy = self
        copy.finish = { result in
            if !result.failed { result["backup"] = result["backup_file"] ?? "" }
            result["backup_file"] = nil
        }
        return copy
    }
}
