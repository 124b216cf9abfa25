import ContextualizationAPI
import Jinja

/// `git`: a working copy at a version.
package enum GitModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "git", summary: "Keeps a working copy of a Git repository at a version.",
        parameters: [
            ModuleParameter("repo", .string, aliases: ["name"], required: true, "The repository."),
            ModuleParameter("dest", .path, "Where to."),
            ModuleParameter("version", .string, default: "HEAD", "Branch, tag or commit."),
            ModuleParameter("remote", .string, default: "origin", "What the repository is called."),
            ModuleParameter("refspec", .string, "What is fetched, too."),
            ModuleParameter("force", .boolean, default: false, "Local changes are thrown away."),
            ModuleParameter("depth", .integer, "Only so many commits."),
            ModuleParameter("clone", .boolean, default: true, "Make the working copy."),
            ModuleParameter("update", .boolean, default: true, "Get what is new."),
            ModuleParameter("bare", .boolean, default: false, "Without a working copy."),
            ModuleParameter("recursive", .boolean, default: true, "With its submodules."),
            ModuleParameter("track_submodules", .boolean, default: false, "Submodules at their newest commit."),
            ModuleParameter("single_branch", .boolean, default: false, "Clone one branch only."),
            ModuleParameter("reference", .raw, "A repository on the machine to take objects from."),
            ModuleParameter("executable", .path, "The program git."),
            ModuleParameter("key_file", .path, aliases: ["ssh_key"], "Private key on the machine."),
            ModuleParameter("ssh_opts", .string, "Options for ssh."),
            ModuleParameter("accept_hostkey", .boolean, default: false, "Accept the key of the host."),
            ModuleParameter("accept_newhostkey", .boolean, default: false, "Accept the key of a new host."),
            ModuleParameter("umask", .raw, "The umask."),
            ModuleParameter("verify_commit", .boolean, default: false, "Not supported: refused when true."),
            ModuleParameter("gpg_allowlist", .list, default: [], "Not supported: refused when given."),
            ModuleParameter("separate_git_dir", .path, "Not supported: refused when given."),
            ModuleParameter("archive", .path, "Not supported: refused when given."),
            ModuleParameter("archive_prefix", .string, "Not supported: refused when given."),
        ], exclusive: [["separate_git_dir", "bare"], ["accept_hostkey", "accept_newhostkey"]])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        for key in ["separate_git_dir", "archive", "archive_prefix"] where arguments.string(key) != nil {
            throw ModuleError(code: .invalidArgument, message: "git: \(key) is not supported")
        }
        if arguments.bool("verify_commit") == true || arguments.list("gpg_allowlist")?.isEmpty == false {
            throw ModuleError(code: .invalidArgument, message: "git: verify_commit is not supported")
        }
        let clones = arguments.bool("clone") ?? true
        guard arguments.string("dest") != nil || !clones else {
            throw ModuleError(
                code: .missingParameter, message: "the destination directory must be specified unless clone=no")
        }
        let repository = arguments.string("repo") ?? ""
        let version = arguments.string("version") ?? "HEAD"
        for (name, value) in [("repo", repository), ("version", version)] where value.hasPrefix("-") || value.isEmpty {
            throw ModuleError(code: .invalidArgument, message: "git: \(name) must not be empty nor begin with -")
        }
        var ssh: [String] = []
        if arguments.bool("accept_hostkey") == true { ssh.append("-o StrictHostKeyChecking=no") }
        if arguments.bool("accept_newhostkey") == true { ssh.append("-o StrictHostKeyChecking=accept-new") }
        if let options = arguments.string("ssh_opts") { ssh.append(options) }
        if let key = arguments.string("key_file") { ssh.append("-i \(ShellText.quote(key)) -o IdentitiesOnly=yes") }
        func flag(_ name: String, _ fallback: Bool = false) -> Int { arguments.bool(name) ?? fallback ? 1 : 0 }
        let script =
            ShellLibrary.prologue(isCheckMode: context.isCheckMode) + """
                d=\(arguments.string("dest").map(ShellText.path) ?? "''");R=\(ShellText.path(repository));vv=\(ShellText.quote(version));rm=\(ShellText.quote(arguments.string("remote") ?? "origin"))
                fo=\(flag("force"));cl=\(flag("clone", true));up=\(flag("update", true));ba=\(flag("bare"));rc_=\(flag("recursive", true));ts=\(flag("track_submodules"));sb=\(flag("single_branch"))
                dp=\(arguments.int("depth").map(String.init) ?? "''");rs=\(ShellText.quote(arguments.string("refspec") ?? ""));rf=\(ShellText.quote(arguments.string("reference") ?? ""))
                \(arguments.string("umask").map { "umask \(ShellText.quote($0))" } ?? ":")
                GIT_TERMINAL_PROMPT=0;export GIT_TERMINAL_PROMPT
                GIT_SSH_COMMAND="${GIT_SSH_COMMAND:-ssh} -o BatchMode=yes "\(ShellText.quote(ssh.joined(separator: " ")));export GIT_SSH_COMMAND
                X=\(arguments.string("executable").map(ShellText.path) ?? "git")

                """ + body
        let path = arguments.string("dest") ?? ""
        return .run(
            ModuleInvocation(script: script, reads: [path], writes: [path]) { output in
                let records = Records(output.standardOutput)
                var result = ModuleResult(records: records, output: output)
                for key in ["stdout", "stderr"] { result[key] = records[key].map { .string($0) } }
                guard !result.failed else { return .finish(result) }
                for key in ["before", "after"] {
                    result[key] = records[key].flatMap { $0.isEmpty ? nil : .string($0) } ?? JinjaValue.none
                }
                result["remote_url_changed"] = .bool(records.flag("remote_url_changed"))
                return .finish(result)
            })
    }

    private static let body = #"""
        command -v "$X" >/dev/null 2>&1||die "Failed to find required executable \"$X\" on the machine: install the package git first"
        g(){ if [ -n "$d" ]&&[ -d "$d" ];then (cd "$d"&&"$X" "$@");else "$X" "$@";fi; }
        bad(){ o rc "$2";o stderr "$3";o stdout '';die "$1"; }
        run(){ w=$1;shift;e=$(g "$@" 2>&1)||bad "$w" $? "$e
        "; }
        lr(){ l=$("$X" ls-remote "$@" 2>"$GANTRY_FILES/e")||{ r=$?;bad "$(cat "$GANTRY_FILES/e")" $r "$(cat "$GANTRY_FILES/e")
        "; }; }
        # The commit that the version is in the repository: rv.
        rh(){ case $vv in HEAD)lr "$R" HEAD;rv=${l%%[!0-9a-f]*};return;;esac
        lr "$R" "refs/heads/$vv" "refs/tags/$vv" "refs/tags/$vv^{}";kd=
        rv=$(printf '%s\n' "$l"|awk -v h="refs/heads/$vv" '$2==h{print $1;exit}');[ -z "$rv" ]||{ kd=branch;return; }
        rv=$(printf '%s\n' "$l"|awk '{x=$1}END{print x}');[ -z "$rv" ]||{ kd=tag;return; }
        rv=$vv; }
        if [ $ba = 1 ];then gd=$d;else gd=$d/.git;fi
        bf=;if [ -n "$d" ]&&{ [ -e "$gd/HEAD" ]||[ -f "$gd" ]; };then ex=1;bf=$(g rev-parse HEAD 2>/dev/null)||bf=;else ex=0;fi
        rd(){ o before "$bf";o after "$1";[ "$bf" = "$1" ]||ch=1;[ "$lm" = 0 ]||ch=1;fin; }
        lm=0
        if [ $ex = 0 ];then
        if [ $CK = 1 ]||[ $cl = 0 ];then rh;ch=1;o before;o after "$rv";fin;fi
        [ ! -e "$d" ]||[ -d "$d" ]&&[ -z "$(ls -A "$d" 2>/dev/null)" ]||[ ! -d "$d" ]||[ $fo = 1 ]||die "fatal: destination path '$d' already exists and is not an empty directory."
        set -- clone --origin "$rm";[ $ba = 0 ]||set -- "$@" --bare
        if [ -n "$dp" ];then rh;case $kd in branch|tag)set -- "$@" --depth "$dp" --branch "$vv";;*)[ "$vv" != HEAD ]||set -- "$@" --depth "$dp";;esac;fi
        [ $sb = 0 ]||set -- "$@" --single-branch;[ -z "$rf" ]||set -- "$@" --reference "$rf"
        p=${d%/*};[ "$p" = "$d" ]||[ -z "$p" ]||[ -d "$p" ]||e=$(mkdir -p "$p" 2>&1)||die "could not make $p: $e"
        e=$("$X" "$@" -- "$R" "$d" 2>&1)||{ r=$?;bad "$(printf %s "$e"|grep -v '^Cloning into')" $r "$e
        "; };fe=0
        else
        if [ $up = 0 ];then rd "$bf";fi
        if [ $ba = 0 ]&&[ -n "$(g status --porcelain 2>/dev/null|grep -v '^??')" ];then
        [ $fo = 1 ]||die "Local modifications exist in the destination: $d (force=no)."
        lm=1;o msg "Local modifications exist in the destination: $d";[ $CK = 1 ]||run "Failed to reset repository" reset --hard HEAD;fi
        ou=$(g config --get "remote.$rm.url" 2>/dev/null)||ou=
        if [ "$ou" != "$R" ];then o remote_url_changed 1
        if [ $CK = 0 ];then if [ -n "$ou" ];then run "Failed to set a new url $R for $rm" remote set-url "$rm" "$R";else run "Failed to add the remote $rm" remote add "$rm" "$R";fi;fi;fi
        rh;[ $CK = 0 ]||rd "$rv"
        fe=1
        if [ "$rv" = "$bf" ]&&[ $lm = 0 ]&&[ -z "$rs" ]&&[ "${kd:-x}" != branch ]&&[ "$vv" != HEAD ];then fe=0;fi
        [ "$bf" != "$rv" ]||[ $ba = 0 ]||fe=0
        fi
        if [ $fe = 1 ];then set -- fetch;[ -z "$dp" ]||set -- "$@" --depth "$dp";[ $fo = 0 ]||set -- "$@" --force
        if [ $ba = 1 ];then run "Failed to download remote objects and refs" "$@" --tags "$rm" '+refs/heads/*:refs/heads/*'
        else run "Failed to download remote objects and refs" "$@" --tags "$rm";fi;fi
        [ -z "$rs" ]||run "Failed to download remote objects and refs" fetch "$rm" "$rs"
        if [ $ba = 0 ];then
        if [ "$vv" = HEAD ];then b=$(g symbolic-ref -q --short "refs/remotes/$rm/HEAD" 2>/dev/null)||{ g remote set-head "$rm" --auto >/dev/null 2>&1;b=$(g symbolic-ref -q --short "refs/remotes/$rm/HEAD" 2>/dev/null)||b=; }
        b=${b#"$rm"/};if [ -n "$b" ];then run "Failed to checkout $b" checkout --force "$b";run "Failed to reset to $rm/$b" reset --hard "$rm/$b" --;fi
        elif g show-ref -q --verify "refs/remotes/$rm/$vv";then
        if g show-ref -q --verify "refs/heads/$vv";then run "Failed to checkout branch $vv" checkout --force "$vv" --
        else run "Failed to checkout branch $vv" checkout --track -b "$vv" "$rm/$vv";fi
        run "Failed to reset to $rm/$vv" reset --hard "$rm/$vv" --
        else g rev-parse -q --verify "$vv^{commit}" >/dev/null 2>&1||g fetch ${dp:+--depth $dp} "$rm" "$vv" >/dev/null 2>&1
        run "Failed to checkout $vv" checkout --force "$vv";fi
        if [ $rc_ = 1 ]&&[ -f "$d/.gitmodules" ];then a=$(g submodule status --recursive 2>/dev/null)
        run "Failed to sync submodules" submodule sync --recursive;set -- submodule update --init --recursive;[ $ts = 0 ]||set -- "$@" --remote;[ $fo = 0 ]||set -- "$@" --force;run "Failed to init/update submodules" "$@"
        [ "$a" = "$(g submodule status --recursive 2>/dev/null)" ]||{ ch=1;o submodules_changed 1; };fi;fi
        af=$(g rev-parse HEAD 2>/dev/null)||af=
        rd "$af"

        """#
}
