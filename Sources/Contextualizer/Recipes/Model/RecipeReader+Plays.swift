import Jinja

extension RecipeReader {
    /// A play, or the plays of the playbook that an entry imports.
    mutating func plays(_ item: PositionedValue) -> [RecipePlay] {
        var play = RecipePlay(at: item.position)
        for entry in item.entries ?? [] {
            let keyword = Self.shortKey(entry)
            if read(play: entry, keyword, into: &play) { continue }
            if keyword.hasPrefix("ec3_") {
                warning("'\(keyword)' means nothing here and is ignored", at: entry.keyPosition)
            } else {
                unknown(entry, in: "Play", among: Keywords.common.union(Keywords.play))
            }
        }
        guard let file = play.importedPlaybook else { return [play] }
        return imported(file, play) ?? [play]
    }

    private mutating func read(play entry: PositionedValue.Entry, _ keyword: String, into play: inout RecipePlay)
        -> Bool
    {
        let value = entry.value
        switch keyword {
        case "hosts": play.hosts = value.value
        case "user": play.attributes.remoteUser = value.value
        case "gather_facts": play.gatherFacts = flag(value, of: keyword)
        case "gather_subset": play.gatherSubset = value.value
        case "gather_timeout": play.gatherTimeout = value.value
        case "fact_path": play.factPath = value.value
        case "vars_files": play.varsFiles = list(value).map(\.value)
        case "vars_prompt": play.prompts = list(value).compactMap { prompt($0) }
        case "roles": play.roles = list(value).compactMap { role($0) }
        case "pre_tasks": play.preTasks = nodes(value, of: keyword)
        case "tasks": play.tasks = nodes(value, of: keyword)
        case "post_tasks": play.postTasks = nodes(value, of: keyword)
        case "handlers": play.handlers = nodes(value, of: keyword)
        case "serial": play.serial = value.value
        case "max_fail_percentage": play.maxFailPercentage = value.value
        case "force_handlers": play.forceHandlers = flag(value, of: keyword)
        case "strategy": play.strategy = value.value
        case "order": play.order = value.value
        case "validate_argspec": break
        case "import_playbook", "include": play.importedPlaybook = text(value, of: keyword)
        case "when" where play.importedPlaybook != nil: play.attributes.when = conditions(value, of: keyword)
        default:
            guard !Keywords.conditional.contains(keyword) else { return false }
            return read(entry, keyword, into: &play.attributes)
        }
        return true
    }

    private mutating func prompt(_ item: PositionedValue) -> RecipePrompt? {
        guard let named = item["name"], let name = text(named, of: "name") else {
            error("an entry of 'vars_prompt' needs the key 'name'", at: item.position)
            return nil
        }
        var prompt = RecipePrompt(name: name)
        for entry in item.entries ?? [] {
            let value = entry.value.value
            switch entry.key.text {
            case "name": break
            case "prompt": prompt.text = value.text
            case "default": prompt.standard = value
            case "private": prompt.isPrivate = value.isTrue
            case "confirm": prompt.isConfirmed = value.isTrue
            case "unsafe": break
            case "encrypt": prompt.encryption = value.isTrue ? value.text : nil
            case "salt": prompt.salt = value.text
            case "salt_size": prompt.saltSize = Int(value.text)
            default:
                unknown(
                    entry, in: "vars_prompt",
                    among: [
                        "name", "prompt", "default", "private", "confirm", "unsafe", "encrypt", "salt", "salt_size",
                    ])
            }
        }
        return prompt
    }

    mutating func role(_ item: PositionedValue) -> RecipeRole? {
        if let name = item.scalar?.stringValue {
            return RecipeRole(name: name, recipe: self.name, position: item.position)
        }
        guard let entries = item.entries, let named = item["role"] ?? item["name"] else {
            error("a role is a name or a mapping with 'role'", at: item.position)
            return nil
        }
        guard let name = text(named, of: "role") else { return nil }
        var role = RecipeRole(name: name, recipe: self.name, position: item.position)
        for entry in entries {
            let keyword = entry.key.text
            if keyword == "role" || keyword == "name" { continue }
            if read(entry, keyword, into: &role.attributes) { continue }
            role.parameters[entry.key] = entry.value.value
        }
        return role
    }

    /// The plays of an imported playbook with the import's variables, tags and conditions; `nil` when it stays in the
    /// model.
    private mutating func imported(_ file: String, _ play: RecipePlay) -> [RecipePlay]? {
        guard let loader, let file = nameOfPlaybook(file, play),
            let (root, outer) = load(file, with: loader, at: play.position)
        else { return nil }
        // What its plays name is looked for beside it, not beside the file that imports it.
        let around = (folders, playbook)
        (folders, playbook) = ([], name)
        defer {
            (folders, playbook) = around
            leave(outer)
        }
        return nested(play.position, []) { reader in
            (root.items ?? []).flatMap { item in
                reader.plays(item).map { imported in
                    var imported = imported
                    imported.recipe = imported.recipe ?? reader.name
                    let name = imported.attributes.name
                    var variables = imported.attributes.vars
                    variables.merge(play.attributes.vars)
                    imported.attributes = imported.attributes.inheriting(from: play.attributes)
                    imported.attributes.name = name
                    // What the import says counts more than what the play says.
                    imported.attributes.vars = variables
                    return imported
                }
            }
        }
    }

    /// The name of an imported playbook, with what is known of variables before anything runs.
    private mutating func nameOfPlaybook(_ name: String, _ play: RecipePlay) -> String? {
        guard JinjaTemplate.isTemplate(name) else { return name }
        do {
            return try renderer?(name, play.attributes.vars, playbook)
        } catch {
            self.error(
                "the name of the playbook '\(name)' that is imported here is not known before the run: \(error). Give it "
                    + "by 'vars' of the import, or with -e", at: play.position)
            return nil
        }
    }

    /// Reads an imported file and makes it the current one. Gives its content and what `leave` needs.
    mutating func load(
        _ target: String, with loader: Recipe.Loader, finder: Recipe.TaskFinder? = nil, at position: RecipePosition
    ) -> (PositionedValue, String)? {
        do {
            let (file, found) = try find(target, loader, finder)
            guard !imports.contains(file) else {
                error("'\(file)' imports itself", at: position)
                return nil
            }
            guard let text = found else {
                error("the file '\(file)' that is imported here was not found", at: position)
                return nil
            }
            let document = try RecipeYAML.load(text, name: file, limits: limits, vault: vault)
            diagnostics += document.warnings
            let outer = name
            name = file
            imports.append(file)
            folders.insert(target.split(separator: "/").dropLast().joined(separator: "/"), at: 0)
            return (document.root ?? PositionedValue(.list([]), at: RecipePosition(line: 1, column: 1)), outer)
        } catch let error as RecipeError {
            diagnostics.append(error.diagnostic)
        } catch {
            self.error("the file '\(target)' cannot be read: \(error)", at: position)
        }
        return nil
    }

    mutating func leave(_ outer: String) {
        name = outer
        imports.removeLast()
        folders.removeFirst()
    }

    /// The file and its text, if there is one.
    private func find(
        _ target: String, _ loader: Recipe.Loader, _ finder: Recipe.TaskFinder?
    ) throws -> (file: String, text: String?) {
        if let finder {
            let found = try finder(target, folders, playbook)
            return (found?.name ?? target, found?.text)
        }
        // Beside the file that imports it, else where all are looked for.
        let folder = name.split(separator: "/").dropLast().joined(separator: "/")
        let above = name.hasPrefix("/") ? "/" + folder : folder
        if !above.isEmpty, !target.hasPrefix("/"), let text = try loader("\(above)/\(target)") {
            return ("\(above)/\(target)", text)
        }
        return (target, try loader(target))
    }
}
