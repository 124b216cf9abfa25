// swift-format-ignore-file
// Made by scripts/embed-templates of sdk/templates/sh; do not edit.

extension ConnectorTemplate {
    static let shFiles: [File] = [
        File(path: "README.md", isExecutable: false, text: ####"""
# connector-mycloud

Makes MyCloud usable for Gantry: one file in POSIX `sh`, `connector-mycloud`, which needs
`jq` 1.6. As written, its machines are files in `~/.local/state/connector-mycloud`.

| Command | Does |
| --- | --- |
| `./connector-mycloud describe` | prints what it is |
| `connector-check -- ./connector-mycloud` | runs the conformance kit |
| `./test` | the tests; the kit is among them where `connector-check` is in `PATH` or named by `CONNECTOR_CHECK` |
| `gantry connector list --connector-dir .` | shows it among the others |
| `gantry up cluster.radl --connector-dir .` | launches machines on it, with `id = mine; type = MyCloud; username = ada` in the auth file |

Next: replace what `open`, `launch`, `machines` and `terminate` do by requests to the cloud. Calls run one after another
(`maxConcurrentCalls`). The contract stands in `docs/connector-authors.md` of Gantry.

"""####),
        File(path: "connector-mycloud", isExecutable: true, text: ####"""
#!/bin/sh
# Makes MyCloud usable for Gantry, in POSIX sh with jq. As written, a machine is a file with one line of JSON: replace
# what writes, reads and removes it. Its name is made of the launch's token and its place therein, so that a repeated
# launch finds it.
set -uf
state=${HOME:-/}/.local/state/connector-mycloud

description() {
    jq -cn '{protocolVersion: 1, connector: {name: "mycloud", version: "0.1.0", title: "MyCloud"},
        providerTypes: ["MyCloud"], imageSchemes: ["mycloud"], configSchema: {type: "object"},
        credentialSchema: {type: "object", properties: {username: {type: "string"},
            password: {type: "string", format: "password"}}},
        requirements: {maxConcurrentCalls: 1}, capabilities: {flavors: 1, images: 1}}'
}

case ${1:-serve}:${CONNECTOR_COOKIE:+cookie} in
    describe:*) description && exit ;;
    serve:cookie) ;;
    *) echo "this is a connector; the server starts it. Try 'connector-mycloud describe'" >&2 && exit 64 ;;
esac

# Answers of the present call, whose id is $id. Descriptor 3 is the stream of the protocol; 1 is the log from here on.
exec 3>&1 1>&2
result() { printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "$id" "$1" >&3; }
refuse() { # NUMBER MESSAGE [CODE]
    data=${3:+",\"data\":{\"code\":\"$3\",\"message\":\"$2\"}"}
    printf '{"jsonrpc":"2.0","id":%s,"error":{"code":%s,"message":"%s"%s}}\n' "$id" "$1" "$2" "$data" >&3
}

# ask PROGRAM OPTIONS...: what jq makes of the call's message; fails where its parameters are wrong.
ask() { printf '%s\n' "$line" | jq -c "$@" 2>/dev/null; }
# ask_all PROGRAM OPTIONS...: of its parameters ($p) and all machines, as a list ($all) and by id ($by).
ask_all() {
    program="input.params as \$p | [inputs] as \$all | (\$all | map({(.id): .}) | add // {}) as \$by | $1" && shift
    { printf '%s\n' "$line" && machines; } | jq -cn "$@" "$program" 2>/dev/null
}

machines() { find "$state" -name 'm-*' -exec cat {} +; }
is_name() { case $1 in "" | *[!A-Za-z0-9-]*) return 1 ;; esac; }

launch() {
    # Whether the token is free, then two lines for each item: the machine's name, and the machine.
    plan=$(ask_all 'if any($all[]; .batchToken == $p.batchToken and .provider["mycloud"].items != $digest) then "other"
        else "free", ($p.items | to_entries[] | .key as $index | .value | "m-\($p.batchToken)-\($index)" as $id
            | if .image == "debian-12" and .flavor == "small" then $id else "-" end,
              ({id: $id, machineID, batchToken: $p.batchToken, state: "running", flavor, image,
                addresses: [{interface: 0, address: "192.0.2.1", family: "ipv4", public: false}],
                tags: ($p.tags + (.tags // {}) + {"gantry:batch": $p.batchToken}),
                provider: {"mycloud": {items: $digest}}} | tojson)) end' \
        -r --arg digest "$(ask -S .params.items | cksum)") || { refuse -32602 "the items are wrong" && return; }
    [ "$plan" != other ] || { refuse -32000 "the token was used for other machines" alreadyExists && return; }
    printf '%s\n' "${plan#free}" | sed 1d | while read -r name && read -r machine; do
        is_name "$name" && [ "$name" != - ] && ! [ -e "$state/$name" ] || continue
        printf '%s\n' "$machine" >"$state/new.$$" && mv "$state/new.$$" "$state/$name"
    done
    result "$(ask_all '[$p.items | keys[] as $index | $by["m-\($p.batchToken)-\($index)"] | if . then {done: .} else
        {error: {code: "invalidArgument", message: "item \($index) wants another image or flavor"}} end]')"
}

describe() {
    found=$(ask_all '[$p.ids[] as $id | if $by[$id] then {done: $by[$id]}
        else {error: {code: "notFound", message: "there is no machine \($id)"}} end]') &&
        result "$found" || refuse -32602 "ids must be a list of texts"
}

terminate() {
    ids=$(ask -r '.params.ids[] | strings') || { refuse -32602 "ids must be a list of texts" && return; }
    for name in $ids; do
        if is_name "$name"; then rm -f "${state:?}/$name"; fi
    done
    result "$(ask '[.params.ids[] | {done: {}}]')"
}

list() {
    found=$(ask_all '{items: [$all[] | select(($p.kinds // ["machine"]) | index("machine"))
        | select(.tags as $t | ($p.tags // {}) | to_entries | all($t[.key] == .value))
        | {kind: "machine", id, tags, machine: .}]}') && result "$found" || refuse -32602 "wrong parameters"
}

open() {
    ask -e '.params.credentials // {} | objects' >/dev/null ||
        { refuse -32602 "credentials must be an object" && return; }
    account=$(ask '.params.credentials | select(.password != "wrong") | .username // "nobody"') && [ -n "$account" ] ||
        { refuse -32000 "MyCloud does not accept the password" unauthenticated && return; }
    count=$((count + 1)) && sessions="$sessions$$-$count "
    result "{\"session\":\"$$-$count\",\"account\":$account}"
}

umask 077
mkdir -p "$state"
trap 'exit 0' TERM
sessions=" " count=0
while IFS= read -r line; do
    head=$(ask -r '"\(.id | tojson) \([.method, .params.session // "-"] | map(tostring | gsub("[^a-zA-Z0-9.$/-]"; "?"))
        | join(" "))"') || { id=null && refuse -32700 "a line is no message" && continue; }
    read -r id method session <<END
$head
END
    case $id:$method in *:exit) break ;; null:*) continue ;; esac
    case $method in
        initialize)
            if ask -e '.params.protocolVersions | index(1)' >/dev/null; then result "$(description)"; else
                refuse -32000 "this connector speaks version 1 alone" unsupported; fi && continue ;;
        ping | shutdown) result '{}' && continue ;;
        session.open) open && continue ;;
        session.close)
            case $sessions in *" $session "*) sessions="${sessions%% "$session" *} ${sessions#* "$session" }" ;; esac
            result '{}' && continue ;;
    esac
    case $method in
        catalog.flavors | catalog.images | machine.launch | machine.describe | machine.terminate | resource.list) ;;
        *) refuse -32601 "the method is not known" && continue ;;
    esac
    case $sessions in
        *" ${session#-} "*) ;;
        *) refuse -32000 "the session is not open" unauthenticated && continue ;;
    esac
    case $method in
        catalog.flavors) result '{"items":[{"id":"small","name":"small","cpuCount":1,"memoryBytes":1073741824}]}' ;;
        catalog.images)
            image='"id":"debian-12","uri":"mycloud://debian-12","name":"Debian 12","loginUser":"admin"'
            result "{\"items\":[{$image}]}" ;;
        machine.launch) launch ;;
        machine.describe) describe ;;
        machine.terminate) terminate ;;
        resource.list) list ;;
    esac
done

"""####),
        File(path: "test", isExecutable: true, text: ####"""
#!/bin/sh
# Tests of connector-mycloud: its description, and the conformance kit where connector-check is in PATH or named by
# CONNECTOR_CHECK.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
kit=${CONNECTOR_CHECK:-$(command -v connector-check || true)}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export HOME="$scratch"

[ "$("$here/connector-mycloud" describe | jq -r '.providerTypes[0]')" = MyCloud ]
if "$here/connector-mycloud" serve 2>/dev/null </dev/null; then
    echo "test: it runs by hand, without CONNECTOR_COOKIE" >&2 && exit 1
fi
if [ -n "$kit" ]; then
    echo '{"badCredentials": {"username": "ada", "password": "wrong"}}' >"$scratch/config"
    echo '{"username": "ada", "password": "a-secret"}' >"$scratch/secrets"
    "$kit" --level should --config "$scratch/config" --secrets "$scratch/secrets" -- "$here/connector-mycloud"
else
    echo "test: connector-check was not found; the kit did not run" >&2
fi
echo "test: passed"

"""####),
    ]
}
