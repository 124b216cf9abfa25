import Jinja

/// `dnf` and `yum`: packages of the Red Hat family.
package enum DnfModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "dnf", aliases: ["yum"], summary: "Installs and removes packages of the Red Hat family.",
        parameters: PackageParameters.common(["absent", "installed", "latest", "present", "removed"]) + [
            ModuleParameter("enablerepo", .list, "Repositories to use too."),
            ModuleParameter("disablerepo", .list, "Repositories not to use."),
            ModuleParameter("exclude", .list, "Packages to leave out."),
            ModuleParameter(
                "disable_excludes", .string, "Whose exclusions do not count: all, main, or a repository's."),
            ModuleParameter("disable_plugin", .list, "Plugins of dnf not to use."),
            ModuleParameter("enable_plugin", .list, "Plugins of dnf to use."),
            ModuleParameter("disable_gpg_check", .boolean, default: false, "Accept unsigned packages."),
            ModuleParameter("skip_broken", .boolean, default: false, "Leave out what cannot be installed."),
            ModuleParameter("allowerasing", .boolean, default: false, "Remove what is in the way."),
            ModuleParameter("allow_downgrade", .boolean, default: false, "Older versions replace newer ones."),
            ModuleParameter("install_weak_deps", .boolean, default: true, "Whether recommended ones come too."),
            ModuleParameter("best", .boolean, "The newest version or none."),
            ModuleParameter("nobest", .boolean, "Older versions are fine."),
            ModuleParameter("security", .boolean, default: false, "Of upgrades only those that mend security."),
            ModuleParameter("bugfix", .boolean, default: false, "Of upgrades only those that mend faults."),
            ModuleParameter("autoremove", .boolean, default: false, "Remove what nothing needs any more."),
            ModuleParameter("update_only", .boolean, default: false, "Do not install what is not there."),
            ModuleParameter("download_only", .boolean, default: false, "Fetch packages, install nothing."),
            ModuleParameter("download_dir", .string, "Where fetched packages lie."),
            ModuleParameter("cacheonly", .boolean, default: false, "Use the lists of packages as they are."),
            ModuleParameter("conf_file", .string, "Another configuration of dnf."),
            ModuleParameter("releasever", .string, "Another release."),
            ModuleParameter("installroot", .string, default: "/", "Another root."),
            ModuleParameter("sslverify", .boolean, default: true, "Whether certificates are looked at."),
            ModuleParameter(
                "list", .string,
                "Tell packages: of that name, or installed, available, updates. Nothing is changed."),
            ModuleParameter("lock_timeout", .integer, default: 30, "Seconds to wait for another manager."),
            ModuleParameter("cache_valid_time", .integer, default: 0, "Accepted."),
            ModuleParameter("install_repoquery", .boolean, default: true, "Accepted: nothing is needed for it."),
            ModuleParameter("use_backend", .string, "Accepted."),
            ModuleParameter("validate_certs", .boolean, default: true, "Accepted."),
        ], exclusive: [["best", "nobest"], ["name", "list"]])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        try PackageRun.step(arguments, context, manager: "dnf")
    }

    /// Options of dnf's command line.
    static func options(_ arguments: ModuleArguments) -> [String] {
        var words: [String] = []
        // As settings, for which a repository that there is not is no fault, as in Ansible.
        for name in arguments.list("disablerepo") ?? [] { words.append("--setopt=\(name).enabled=0") }
        for name in arguments.list("enablerepo") ?? [] { words.append("--setopt=\(name).enabled=1") }
        for name in arguments.list("exclude") ?? [] { words.append("--exclude=\(name)") }
        for name in arguments.list("disable_plugin") ?? [] { words.append("--disableplugin=\(name)") }
        for name in arguments.list("enable_plugin") ?? [] { words.append("--enableplugin=\(name)") }
        let flags = [
            ("disable_gpg_check", "--nogpgcheck"), ("skip_broken", "--skip-broken"), ("allowerasing", "--allowerasing"),
            ("best", "--best"), ("nobest", "--nobest"), ("security", "--security"), ("bugfix", "--bugfix"),
            ("cacheonly", "-C"), ("download_only", "--downloadonly"),
        ]
        for (name, option) in flags where arguments.bool(name) == true { words.append(option) }
        if arguments.string("state") == "latest", arguments.bool("nobest") != true, arguments.bool("best") == nil {
            words.append("--best")
        }
        let texts = [
            ("disable_excludes", "--disableexcludes="), ("download_dir", "--downloaddir="), ("conf_file", "--config="),
            ("releasever", "--releasever="),
        ]
        for (name, option) in texts { if let text = arguments.string(name) { words.append(option + text) } }
        if let root = arguments.string("installroot"), root != "/" { words.append("--installroot=\(root)") }
        if arguments.bool("sslverify") == false { words.append("--setopt=sslverify=False") }
        if arguments.bool("install_weak_deps") == false { words.append("--setopt=install_weak_deps=False") }
        // Ansible removes what nothing needs any more only when it is told to.
        if arguments.bool("autoremove") != true { words.append("--setopt=clean_requirements_on_remove=False") }
        return words
    }

    /// What the shell function has to know beside dnf's options.
    static func settings(_ arguments: ModuleArguments) -> String {
        func flag(_ name: String) -> Int { arguments.bool(name) == true ? 1 : 0 }
        let root = arguments.string("installroot") ?? "/"
        return "ar=\(flag("autoremove"));ad=\(flag("allow_downgrade"));uo=\(flag("update_only"));"
            + "dl=\(flag("download_only"));li=\(ShellText.quote(arguments.string("list") ?? ""));"
            + "rr=\(root == "/" ? "" : ShellText.quote("--root=" + root))\n"
    }

    /// The packages that `list` asked for.
    static func listed(_ lines: [String]) -> JinjaValue {
        .list(
            lines.flatMap { $0.split(separator: "\n") }.compactMap { line -> JinjaValue? in
                let parts = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
                guard parts.count == 6 else { return nil }
                let name = "\(parts[1]):\(parts[0])-\(parts[2])-\(parts[3]).\(parts[4])"
                return .dict([
                    "arch": .string(parts[4]), "envra": .string(name), "epoch": .string(parts[1]),
                    "name": .string(parts[0]), "nevra": .string(name), "release": .string(parts[3]),
                    "repo": .string(parts[5]), "version": .string(parts[2]),
                    "yumstate": .string(parts[5] == "@System" ? "installed" : "available"),
                ])
            })
    }

    /// `dnf NAME…`. Names that are satisfied are left out; dnf runs only for what remains. What changed is the difference
    /// of what rpm knows before and after; in check mode it is what dnf's table says.
    static let script = #"""
        qa(){ rpm $rr -qa --qf '%{NAME}-%|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}.%{ARCH}\n' "$@" 2>/dev/null|sed '/^gpg-pubkey-/d;s/-0:/-/'|sort; }
        ha(){ case $1 in *[*?[]*)[ -n "$(qa "$1")" ];;*)rpm $rr -q "$1" >/dev/null 2>&1||rpm $rr -q --whatprovides "$1" >/dev/null 2>&1;;esac; }
        nv(){ n=${1%.noarch};n=${n%.x86_64};n=${n%.aarch64};v=
        while :;do case $n in *-*);;*)return 1;;esac;v=${n##*-}${v:+-$v};n=${n%-*};case $v in *[!0-9A-Za-z._+~^-]*)return 1;;[0-9]*);;*)continue;;esac
        i=$(rpm $rr -q "$n" --qf '%{VERSION}-%{RELEASE}\n' 2>/dev/null)||continue
        i=$(printf '%s\n' "$i"|tail -n 1);case $v in *-*);;*)i=${i%-*};;esac
        [ "$(rpm --eval "%{lua:print(rpm.vercmp('$i','$v'))}" 2>/dev/null)" = 1 ];return;done; }
        pk(){ zi=$IFS;IFS='
        ';set -f;for x in $1;do o pk "$x";ch=1;done;set +f;IFS=$zi; }
        tb(){ printf '%s\n' "$out"|awk '/^Transaction Summary/{exit}/^[A-Z].*:$/{k=substr($1,1,2);b="";next}/^$/{k="";next}
        $1=="replacing"||/^=/{next}k=="In"||k=="Up"||k=="Do"||k=="Re"{b=b" "$0;if(split(b,f)<5)next;b="";if(k=="Re")w="Removed: ";else w="Installed: ";print w f[1]"-"f[3]"."f[2];if(k=="Up"||k=="Do")print "old "f[1]}'|while read -r w x;do
        if [ "$w" = old ];then qa "$x"|sed 's/^/Removed: /';else printf '%s %s\n' "$w" "$x";fi;done|sort; }
        bd(){ case $out in *"nable to find a match"*|*"No match for argument"*|*"no enabled repositories"*)for p in $(printf '%s\n' "$out"|sed -n 's/^No match for argument: //p');do o fs "No package $p available.";done
        o rc 1;o out "$out";die "Failed to install some of the specified packages";;*" Problem"*)o rc 1;o out "$out";die "Depsolve Error occurred: 
        $(printf '%s\n' "$out"|sed -n '/^ Problem/,$p'|sed '/^(try to add/d;/^Operation aborted/d;/^You can try to add/d')";;esac;bad "'$m $y $*' failed"; }
        no(){ o rc 0;o msg "Nothing to do";fin; }
        dnf(){ o pk;m=dnf;command -v dnf >/dev/null 2>&1||m=yum
        if [ -n "$li" ];then y=repoquery;q='%{name}|%{epoch}|%{version}|%{release}|%{arch}|%{reponame}\n';case $li in installed)set -- --installed;;available)set -- --available;;updates|upgrades)set -- --upgrades;;*)set -- --installed "$li";;esac
        op $m -q repoquery --qf "$q" "$@"||bad "'$m repoquery' failed";o li "$out";case $1$# in --installed2)op $m -q repoquery --available --qf "$q" "$li"||bad "'$m repoquery' failed";o li "$out";;esac;o msg "";fin;fi
        if [ $# = 0 ];then [ $ar = 1 ]||{ [ $uc = 1 ]||no;op $m -q makecache||bad "could not refresh the lists of packages";o rc 0;o msg "Cache updated";fin; };fi
        y=install;[ $# != 0 ]||y=autoremove;al=0
        for p in "$@";do shift;case $st.$p in
        *.'*')[ $st = absent ]||{ y=upgrade;al=1;continue; };;
        *.@*|*.*://*)[ $st = absent ]||case $p in @*);;*)o pk "Installed $p";;esac;;
        absent.*)y=remove;ha "$p"||{ o pk "No match for argument: $p";continue; };;
        *.*.rpm)[ -f "$p" ]||{ o rc 1;die "Error occurred attempting remote rpm operation: Could not open: $p"; };o pk "Installed $p";! rpm $rr -q "$(rpm -qp "$p" 2>/dev/null)" >/dev/null 2>&1||continue;;
        latest.*)[ $uo = 0 ]||{ y=upgrade;ha "$p"||continue; };;
        *.*[*?[]*);;
        *)! ha "$p"||continue;[ $ad = 1 ]||! nv "$p"||continue;;esac;set -- "$@" "$p";done
        [ $st != absent ]||[ $y = autoremove ]||y=remove
        [ $# != 0 ]||case $y$al in autoremove?|upgrade1);;*)no;;esac
        [ $uc = 0 ]||op $m -q makecache||bad "could not refresh the lists of packages"
        if [ $CK = 1 ];then op $m --assumeno $y "$@"||case $out in *"peration aborted"*);;*)bd "$@";;esac;pk "$(tb)";[ $ch = 1 ]||no;o rc 0;o msg "Check mode: No changes made, but would have if not in check mode";fin;fi
        b=$(qa);op $m -y $y "$@"||bd "$@"
        if [ $dl = 1 ];then pk "$(tb|sed -n 's/^Installed: /Downloaded: /p')";else pk "$({ printf '%s\n\n' "$b";qa; }|awk '/^$/{s=1;next}!s{b[$0]=1;next}!($0 in b){print "Installed: "$0;next}{delete b[$0]}END{for(k in b)print "Removed: "k}'|sort)";fi
        [ $ch = 1 ]||no;o rc 0;o msg ""; }

        """#
}
