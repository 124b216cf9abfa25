import ContextualizationAPI
import Jinja

/// `get_url`: downloads a file to the machine.
package enum GetURLModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "get_url", summary: "Downloads a file to the machine.",
        parameters: FileParameters.all + HTTPRequest.parameters + [
            ModuleParameter("dest", .path, required: true, "Where to: a file or a folder."),
            ModuleParameter("checksum", .string, default: "", "ALGORITHM:SUM, or ALGORITHM:ADDRESS of a list of sums."),
            ModuleParameter("backup", .boolean, default: false, "Keep the old file."),
            ModuleParameter("tmp_dest", .path, "Accepted: a file is downloaded beside its place."),
        ])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let request = try HTTPRequest(arguments)
        let destination = arguments.string("dest") ?? ""
        let (algorithm, sum, list) = try checksum(arguments)
        var files = ["k": request.configuration]
        if let list {
            var other = request
            other.lines.removeFirst()
            other.add("url", list)
            files["l"] = other.configuration
        }
        let url = arguments.string("url") ?? ""
        let script =
            ShellLibrary.prologue(isCheckMode: context.isCheckMode) + (try FileParameterValues(arguments)).shell
            + (try ShellLibrary.write(backup: arguments.bool("backup") ?? false)) + ShellLibrary.checksum
            + HTTPRequest.functions + wget(arguments, request) + """
                d=\(ShellText.path(destination));al=\(algorithm);sm=\(ShellText.quote(sum));fo=\(arguments.bool("force") == true ? 1 : 0)
                un=\(ShellText.quote(fileName(of: url)));sl=\(list == nil ? 0 : 1)

                """ + body
        return .run(
            ModuleInvocation(script: script, files: files, reads: [destination], writes: [destination]) { output in
                let records = Records(output.standardOutput)
                var result = ModuleResult(records: records, output: output)
                result["url"] = .string(url)
                let status = records["status_code"].flatMap { Int($0) }
                result["status_code"] = status.flatMap { $0 < 0 ? nil : .int($0) }
                if status != nil, result.failed { result["dest"] = .string(destination) }
                result["elapsed"] = records["elapsed"].flatMap { Int($0) }.map { .int($0) }
                guard !result.failed else { return .finish(result) }
                for key in ["checksum_src", "checksum_dest"] {
                    result[key] = records[key].flatMap { $0.isEmpty ? nil : .string($0) } ?? JinjaValue.none
                }
                result["dest"] = records["path"].map { .string($0) }
                result["path"] = nil
                return .finish(result)
            })
    }

    private static func checksum(
        _ arguments: ModuleArguments
    ) throws(ModuleError) -> (algorithm: String, sum: String, list: String?) {
        let text = arguments.string("checksum") ?? ""
        if text.isEmpty { return ("''", "", nil) }
        guard let colon = text.firstIndex(of: ":") else {
            throw ModuleError(
                code: .invalidArgument, message: "The checksum parameter has to be in format <algorithm>:<checksum>")
        }
        let algorithm = text[..<colon].trimmingBlanks().lowercased()
        guard ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"].contains(algorithm) else {
            throw ModuleError(code: .invalidArgument, message: "checksum: '\(algorithm)' is no known algorithm")
        }
        let sum = String(text[text.index(after: colon)...].trimmingBlanks())
        if sum.contains("://") { return (algorithm, "", sum) }
        return (algorithm, sum.lowercased(), nil)
    }

    private static func fileName(of url: String) -> String {
        let path = url.prefix { $0 != "?" && $0 != "#" }
        let rest = path.firstRange(of: "://").map { path[$0.upperBound...] } ?? path
        guard rest.contains("/"), let name = rest.split(separator: "/", omittingEmptySubsequences: false).last,
            !name.isEmpty
        else { return "index.html" }
        return String(name)
    }

    /// Where there is no `curl`, `wget` downloads what needs no secret in its arguments.
    private static func wget(_ arguments: ModuleArguments, _ request: HTTPRequest) -> String {
        let isPlain =
            arguments.string("url_username") == nil && (arguments.value("headers")?.dictValue?.isEmpty ?? true)
            && arguments.string("client_cert") == nil && arguments.string("ca_path") == nil
        guard isPlain else { return HTTPRequest.needsCurl("get_url") }
        let insecure = arguments.bool("validate_certs") == false ? " --no-check-certificate" : ""
        return #"""
            command -v curl >/dev/null 2>&1||{ command -v wget >/dev/null 2>&1||die "get_url needs curl or wget on the machine: install one of them first"
            ht(){ q=$1;c_=$2;a_=$(sed -n 's/^url = "\(.*\)"$/\1/p' "$c_");: >"$GANTRY_FILES/h";he=;hs=200;hr=0;hu=$a_
            [ $CK = 0 ]||return 0
            e=$(wget -q -T \#(arguments.int("timeout") ?? 10)\#(insecure) -O "$q" "$a_" 2>&1)||{ hs=-1;he="wget: ${e:-error}"; }; }; }

            """#
    }

    private static let body = #"""
        bt=$(date +%s);case $d in */*);;*)d=./$d;;esac;cd_=;dd=0;[ ! -d "$d" ]||{ dd=1;d=${d%/}/$un; }
        if [ $sl = 1 ];then ht "$GANTRY_FILES/s" "$GANTRY_FILES/l";[ -z "$he" ]&&[ "$hs" -lt 400 ]||die "Unable to get the list of checksums: ${he:-HTTP Error $hs}"
        sm=$(tr -d '\r' <"$GANTRY_FILES/s"|awk -v n="$un" 'NF==1&&NR==1{f=$1}{p=$2;sub(/^[*]/,"",p);sub(/.*\//,"",p);if(p==n){print $1;x=1;exit}}END{if(!x&&f)print f}');[ -n "$sm" ]||die "Unable to find a checksum for file '$un'";sm=$(printf %s "$sm"|tr A-F a-f);fi
        ck(){ x=$(${al}sum <"$1");x=${x%% *}; }
        if [ -n "$al" ]&&[ -f "$d" ];then ck "$d";[ "$x" != "$sm" ]||{ at "$d";o msg "file already exists";rs "$d";fin; };fo=1;fi
        f=${d%/*};[ -n "$f" ]||f=/;[ -d "$f" ]||die "Destination $f does not exist";[ -w "$f" ]||die "Destination $f is not writable"
        [ ! -f "$d" ]||{ sum "$d";cd_=$x; }
        if [ $CK = 1 ];then ht /dev/null "$GANTRY_FILES/k" -I;else
        tn;umask 077;: >"$t";umask 022
        if [ -f "$d" ]&&[ $fo = 0 ];then ht "$t" "$GANTRY_FILES/k" -H "If-Modified-Since: $(TZ=GMT0 date -r "$d" '+%a, %d %b %Y %H:%M:%S GMT')";else ht "$t" "$GANTRY_FILES/k";fi;fi
        o status_code "$hs";o elapsed $(($(date +%s)-bt))
        [ -z "$he" ]||die "Request failed: $he"
        if [ "$hs" = 304 ];then rm -f "$t";t=;at "$d";o checksum_dest "$cd_";o msg "HTTP Error 304: Not Modified";rs "$d";fin;fi
        [ "${hs:-0}" -lt 400 ]||{ o response "HTTP Error $hs: $(hl)";die "Request failed: HTTP Error $hs: $(hl)"; }
        l=$(hh content-length);o msg "OK (${l:-unknown} bytes)"
        if [ $CK = 1 ];then ch=1;o checksum_src da39a3ee5e6b4b0d3255bfef95601890afd80709;o checksum_dest "$cd_";o path "$d";fin;fi
        if [ $dd = 1 ];then n=$(hh content-disposition|sed -n 's/.*filename="\{0,1\}\([^";]*\).*/\1/p');n=${n##*/}
        [ -n "$n" ]||{ n=${hu%%[?#]*};n=${n#*://};case $n in */*)n=${n##*/};;*)n=;;esac; };[ -n "$n" ]||n=$un
        [ "$f/$n" = "$d" ]||{ d=$f/$n;[ ! -d "$d" ]||die "$d is a folder";cd_=;[ ! -f "$d" ]||{ sum "$d";cd_=$x; }; };fi
        if [ -n "$al" ];then ck "$t";[ "$x" = "$sm" ]||die "The checksum for $d did not match $sm; it was $x.";fi
        o src "$t";sum "$t";o checksum_src "$x";o checksum_dest "$cd_"
        if [ -n "$cd_" ]&&[ "$x" = "$cd_" ];then rm -f "$t";t=;at "$d";else pl;fi;md "$d"
        rs "$d";fin

        """#
}
