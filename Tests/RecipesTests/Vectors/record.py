#!/usr/bin/env python3
"""Records how PyYAML and ansible-core read what recipes hold, as vectors for the tests.

    python3 -m venv venv && venv/bin/pip install 'ansible-core>=2.19,<2.20'
    venv/bin/python record.py

writes vectors.jsonl beside itself. `kind` is yaml (result: Python's repr), arguments or command
(`k=v` text of ordinary and of free-form modules; result: repr of the parameters, the rest under `_raw_params`),
inventory (result: repr of {host: [groups, variables]}) or pattern (`inventory` and `source`; result: repr of the hosts).
"""
import datetime
import json
import os
import tempfile

import yaml
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.splitter import parse_kv

HERE = os.path.dirname(os.path.abspath(__file__))

SCALARS = '''
0 1 -1 +1 12345 1_000 0644 0755 00 0o644 0o17 08 09 0_7 -0644 0x1F 0xff 0x_f 0X1F -0x10 0b101 0b2 1:30 1:30:45 190:20:30
-1:30 01:30 1:60 1:5 59:59 1.5 1. .5 -.5 +.5 1.5e3 1.5e+3 1.5e-3 1e3 1e+3 1E3 1.0E+2 1_0.5 1.2.3 1:30.5 1:30.5.1 .inf
-.inf +.inf .Inf .INF .nan .NaN .NAN -.nan inf nan . .. ... - -- + ~ null Null NULL nULL none None yes Yes YES yES no No
NO true True TRUE tRUE false False FALSE on On ON off Off OFF y Y n N t f 2001-12-14 2001-1-1 2001-13-01 2001-12-14T21:59:43Z
2001-12-14t21:59:43.10-05:00 2001-12-14T21:59 2001-12-14T21:59:43.1234567Z 12:30 12:30:45 24:00 1.2.3.4 10.0.0.1 127.0.0.1/8
v1.0 1.0.0 = == << 1e 1e400 0.0 -0 -0.0 99999999999999999 0777 0888 1,000 1/2 50% 1d 1M 0x 0b 0_ _1 1__0 ++1 1-1 2020-01 1:2:3:4
'''.split()

DOCUMENTS = [
    'a: 1\nb: 2\n', 'b: 1\na: 2\nc: 0\n', '- a\n- b\n', '- [1, two, {three: 3}]\n', 'a: [1, 2]\nb: {c: d}\n', '', '# only a comment\n', '---\n', '---\na: 1\n...\n',
    'a:\n- 1\n- 2\n', 'a:\n  - 1\n  - 2\n', '- - 1\n  - 2\n- - 3\n', 'a: |\n  line1\n  line2\n', 'a: >\n  folded\n  text\n\n  para\n', 'a: |-\n  x\nb: |+\n  y\n\n', 'a: >-\n  x\n  y\n', 'a: |2\n    x\n',
    'a: "q\\n\\t\\x41\\u00e9"\n', "a: 'it''s'\n", 'a: "multi\n  line"\n', 'a: plain\n  continued\n', '"quoted key": 1\n', "'1': x\n1: y\n", '1: a\n1.5: b\ntrue: c\nnull: d\n', 'a: "yes"\nb: \'1\'\nc: !!str 5\nd: !!int "7"\ne: !!float 3\nf: !!bool "yes"\n', 'a: !!null ""\n',
    'base: &b {x: 1, y: 2}\nchild: {<<: *b, y: 3, z: 4}\n', 'x: &a [1, 2]\ny: *a\n', 'a: &x {p: 1}\nb: &y {p: 2, q: 3}\nc:\n  <<: [*x, *y]\n  r: 4\n', 'a: {<<: {b: 1}, b: 2}\n', 'a: {z: 1, <<: [{b: 1, c: 2}, {a: 3, c: 4}], c: 5}\n', 'a: {<<: [{z: 1}, {y: 2, z: 3}, {x: 4}]}\n', 'a: &k v\n*k : w\n', '? a\n: b\n', '? [1, 2]\n: x\n',
    'a: 1\na: 2\n', 'a: 1\nb: 2\na: 3\n', 'x:\n  k: 1\n  k: {m: 1}\n', '"a": 1\na: 2\n', 'a: 1 # comment\nb: "#no"\nc: a#b\n', 'url: http://x:80/y\n', 'a: b: c\n', 'a: {{ x }}\n', 'a: "{{ x }}"\n', '- {{ x }}\n', 'a:\n\t- b\n', 'a: @x\n', 'a: `x`\n', 'a: %x\n', 'a: *nope\n', 'a: [1, 2\n', 'a: "x\n', '  a: 1\n b: 2\n', '- a\nb: 1\n', 'key with spaces: v\n', 'a:\n', 'a: ~\nb:\n', '- \n- x\n', '{a: 1, b: [x, y], c: }\n', '[a, b, [c]]\n', 'a: ''\n', "a: ''\n", 'a: !custom x\n', 'ü: ☃\n', 'a: 😀\n', 'a: "\\U0001F600"\n',
    'a: 2001-12-14\nb: [2001-12-15]\n', 'mode: 0644\nport: 22\nv: 1.10\ntime: 10:30\n', 'cmd: echo "a: b"\n', "when: x == 'y'\n", 'name: a - b\n', '- name: install\n  apt: name=x state=present\n  when: a == "b"\n', 'a: b\\nc\n', 'list:\n- x: 1\n  y: 2\n-\n  x: 3\n', 'a: >\n   x\n   \n   y\n', 'a:   spaced   \n', 'a: "x" \n', "a: 'x' # c\n", 'a: [a b, c d]\n', 'a: {b: , c: d}\n', 'a: - b\n', 'a: -b\n', 'a: ? b\n', 'a: ?b\n', 'a: |\n\n  x\n', 'a: "\n\n  x"\n', '&anchor a: 1\n', 'a: &e\nb: *e\n', 'a: {x: 1, x: 2}\n',
]

ARGUMENTS = [
    'a=1', 'a=1 b=2', 'src=/a/b dest="/c d" mode=0644', "a='x y' b=z", 'a="x=y"', 'a=x=y', 'a=', 'a="" b=\'\'', 'a="it\'s"', 'a="say \\"hi\\""', 'a={{ b }}', 'a={{ b }} c={{ d | default("x y") }}', 'a="{{ b }} c" d=e', 'name={{ item.name }} state={{ item.state|default(\'present\') }}', 'a={% if x %}y z{% endif %} b=1', 'a=b\nc=d', 'a=b \\\n c=d', '  a=1   b=2  ', 'a="x\ty"', 'a=x\\ty', 'a="x\\ty"', 'a="x\\ny"', "a='x\\ny'", 'a=\\x41', 'a=\\u00e9', 'a="unterminated', 'a={{ x', 'a = b', '=x', 'a=1 a=2', 'line="key = value"', "regexp='^foo=' line='foo=bar'", 'path=/x regexp="^\\s*a" line="b"', 'a=[1,2] b={"k":"v"}', 'a="{{ x }}" b=\'{{ "y" }}\'', 'a=\'{{ x }}"\'', 'msg="multi\n line" x=1', 'a=$HOME/x', 'a=x#y', 'url=http://h/?a=1&b=2 dest=/x', 'a="x" "b"="y"', 'pkg={{ a }}-{{ b }} state=latest', 'a={{ {"b": 1} }}', "a={{ x['y'] }} b={{ x[\"z\"] }}", 'a={# c #}b', 'ünï=☃ b="é"', "name='{{ user }}' groups=\"a,b\" append=yes",
]

COMMANDS = [
    'ls -l /tmp', 'echo hi creates=/tmp/x', 'creates=/tmp/x echo hi', 'echo a=b', 'cmd --opt=value chdir=/tmp', 'echo "a  b"   c', 'echo one\ntwo\n  three', 'a && b || c', 'echo \'x y\' removes="/a b"', 'echo {{ x }} chdir={{ y }}', 'for i in 1 2; do\n  echo $i\ndone', 'export A=1; echo $A executable=/bin/bash', 'echo \\"x\\"', 'echo a \\\n  b', 'warn=no yum install x', 'echo chdir=/x more', 'python -c "print(\'x=1\')"', "sed -i 's/a=b/c=d/' file", 'echo "{{ a }} {{ b }}"', 'X=1 Y=2 run', 'echo a\\=b', 'test -f /x || { echo "no"; exit 1; }', 'awk \'{print $1}\' f', 'a\n\nb', 'line1 \n line2', ' lead', 'trail ', 'echo "x\ny"', 'stdin=abc cat', 'echo "unbalanced', "echo it's", 'echo {% if a %}b c{% endif %} d', 'curl -d "a=1&b=2" http://h creates=/z', 'mysql -e "x" chdir="/a" executable=\'/bin/sh\'', 'a=1 creates=x', 'cat <<EOF\nk=v\nEOF', 'strip_empty_ends=no echo', 'echo  double  spaces',
]


INVENTORIES = [
    'web1\nweb2 ansible_host=10.0.0.2 ansible_port=2222\n\n[db]\ndb1\nweb2\n\n[db:vars]\nport=5432\nname=main\n\n[all:vars]\nglobal=yes\n',
    '[web]\nweb[01:03].example.org http_port=80\n[db]\ndb-[a:c]\n[site:children]\nweb\ndb\n[site:vars]\nx=1\n[web:vars]\nx=2\n[db:vars]\nx=3\n',
    '# comment\n; another\n[g]\nh1 a="x y" b=\'q\' c=1 d=1.5 e=True f=[1,2] g={"k":"v"} h=007 i=yes j=None k=a#b l=x # trailing\n[g:vars]\na1=x y\nb1="quoted"\nc1=0644\nd1=-5\ne1=1e3\nf1= spaced \n',
    'host:2200\n[v6]\nn[1:3]:22\nm[1:9:4]\n',
    '[a]\nh\n[b:children]\na\n[c:children]\nb\n[a:vars]\nv=a\n[b:vars]\nv=b\nw=b\n[c:vars]\nv=c\nw=c\nz=c\n',
    '[one]\nh\n[two]\nh\n[one:vars]\nv=1\nansible_group_priority=10\n[two:vars]\nv=2\n',
    'all:\n  hosts:\n    h1:\n    h2: {x: 1}\n  children:\n    web:\n      hosts:\n        web[1:2]:\n          port: 80\n      vars: {k: v, n: 1}\n    db:\n      children:\n        pg: {hosts: {db1: }}\n      vars:\n        k: d\n  vars:\n    g: yes\n',
    'web:\n  hosts:\n    a:\n    b:\n', '[broken\nx\n', '[g]\nh novalue\n', '[g:nope]\nh\n', '[g:vars]\nnovalue\n', 'h a="unbalanced\n', '[g]\nh[5:1]\n', '',
]

PATTERN_INVENTORY = '[web]\nweb1\nweb2\nweb3\n[db]\ndb1\ndb2\n[prod]\nweb1\ndb1\n[site:children]\nweb\ndb\n'
PATTERNS = '''
all
*
web
db:web
web,db
web:&prod
all:!db
web:!web1
web*
*1
web1
nope
web[0]
web[-1]
web[0:1]
web[1:]
web[1-2]
web[9]
~web[12]
~(web|db)1
!web
&prod
web:db:&prod:!db1
site
site:!prod
web?
w*:!web2
db1,web2
prod:web1
localhost
'''.strip().split('\n')


def inventory(text):
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, 'inventory.yml' if ':\n ' in text else 'inventory')
        with open(file, 'w', encoding='utf-8') as output:
            output.write(text)
        return InventoryManager(loader=DataLoader(), sources=[file])


def read_inventory(text):
    manager = inventory(text)
    if text.strip() and not manager.hosts:
        raise ValueError('refused')
    result = {}
    for host in manager.get_hosts('all'):
        variables = {}
        for group in sorted(host.get_groups(), key=lambda g: (g.depth, g.priority, g.name)):
            variables.update(group.vars)
        variables.update(host.vars)
        for name in ('inventory_file', 'inventory_dir'):
            variables.pop(name, None)
        groups = sorted(group.name for group in host.get_groups() if group.name != 'all')
        result[host.name] = [groups, {key: plain(variables[key]) for key in sorted(variables)}]
    return {key: result[key] for key in sorted(result)}


def plain(value):
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, str):
        return ''.join(value)
    if isinstance(value, (int, float)) and type(value) not in (int, float, bool):
        return int(value) if isinstance(value, int) else float(value)
    return value


def load(text):
    loader = yaml.CSafeLoader if hasattr(yaml, 'CSafeLoader') else yaml.SafeLoader
    return plain(yaml.load(text, loader))


def main():
    cases = []

    def record(kind, source, run):
        case = {'kind': kind, 'source': source}
        try:
            case['result'] = repr(run(source))
        except Exception as error:
            case['error'] = type(error).__name__
        cases.append(case)

    for scalar in SCALARS:
        record('yaml', f'v: {scalar}\n', load)
        record('yaml', f'[{scalar}]\n', load)
    for document in DOCUMENTS:
        record('yaml', document, load)
    for text in INVENTORIES:
        record('inventory', text, read_inventory)
    for pattern in PATTERNS:
        manager = inventory(PATTERN_INVENTORY)
        record('pattern', pattern, lambda source: [host.name for host in manager.get_hosts(source)])
        cases[-1]['inventory'] = PATTERN_INVENTORY
    for text in ARGUMENTS:
        record('arguments', text, lambda source: dict(parse_kv(source)))
    for text in COMMANDS:
        record('command', text, lambda source: dict(parse_kv(source, check_raw=True)))
    with open(os.path.join(HERE, 'vectors.jsonl'), 'w', encoding='utf-8') as file:
        for case in cases:
            file.write(json.dumps(case, ensure_ascii=False) + '\n')
    print(len(cases), 'cases,', sum('error' in case for case in cases), 'of them errors')


if __name__ == '__main__':
    main()
