#!/usr/bin/env python3
"""Records what real Jinja2, Python and Ansible say, as vectors for the tests.

    python3 -m venv venv && venv/bin/pip install 'jinja2==3.1.6' 'ansible-core>=2.19,<2.20' passlib jmespath
    venv/bin/python record.py

writes vectors.jsonl beside itself. First line: versions and the variables of all cases. Each further line is a case:
`kind` (expression, template, or ansible for what ansible-core's own templating gives), `source`, optional `options`, and `result` (Python's repr of the value, or the text)
or `error` (the class of the exception). Filters and tests that Ansible adds come from the real ansible-core.
"""
import itertools
import json
import os
import types

import jinja2
import jinja2.ext
import jmespath
from ansible.plugins.filter import core as ansible_core, mathstuff, urlsplit, urls
from ansible.plugins.test import core as ansible_tests, mathstuff as ansible_math_tests
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
import ansible.release

HERE = os.path.dirname(os.path.abspath(__file__))


class Undefined(jinja2.StrictUndefined):
    """Ansible's: strict, but attributes of what is undefined are undefined too."""

    def __getattr__(self, name):
        if name.startswith('__'):
            raise AttributeError(name)
        return self

    def __getitem__(self, name):
        return self


VARIABLES = {
    'n': 5, 'neg': -7, 'f': 2.5, 't': True, 'no': False, 'nothing': None, 's': 'Hello World', 'empty': '',
    'uni': 'Grüße ☃ 😀', 'quoted': "it's \"q\"", 'multi': 'one\ntwo\n\nthree\n', 'html': '<a href="x">b & c</a>',
    'l': [3, 1, 2], 'words': ['beta', 'Alpha', 'gamma', 'alpha'], 'mixed': [1, 'a', 2.5, True, None, [1], {'k': 'v'}],
    'd': {'b': 2, 'a': 1, 'C': 3}, 'nested': {'x': {'y': {'z': [10, 20, {'w': 'deep'}]}}},
    'users': [
        {'name': 'carol', 'age': 30, 'admin': True, 'groups': ['wheel', 'dev'], 'addr': {'city': 'Berlin'}},
        {'name': 'Bob', 'age': 25, 'admin': False, 'groups': [], 'addr': {'city': 'Rome'}},
        {'name': 'alice', 'age': 30, 'admin': True, 'groups': ['dev'], 'addr': {'city': 'oslo'}},
    ],
    'version': '2.10.3', 'path': '/etc/nginx/nginx.conf', 'items_key': {'items': [1], 'keys': 'k'},
    'long': 'The quick brown fox jumps over the lazy dog. ' * 4, 'spaces': '  padded\t ',
    'result': {'rc': 0, 'changed': True, 'failed': False, 'stdout': 'out', 'stdout_lines': ['out']},
    'failedresult': {'rc': 1, 'changed': False, 'failed': True, 'msg': 'no', 'skipped': False},
    'tree': [{'v': 1, 'c': [{'v': 2, 'c': [{'v': 3, 'c': []}]}, {'v': 4, 'c': []}]}, {'v': 5, 'c': []}],
    'url': 'https://user:pw@Example.org:8443/a/b;c?x=1&y=2#frag',
}

OPERANDS = ['0', '7', '-3', '2.5', 'true', "'ab'", "''", '[1, 2]', '(1,)', "{'a': 1}", 'none', "'7'"]
OPERATORS = ['+', '-', '*', '/', '//', '%', '**', '~', '==', '!=', '<', '<=', '>', '>=', 'in', 'not in', 'and', 'or']

EXPRESSIONS = '''
1 + 2 * 3 - 4 / 2
(1 + 2) * 3
2 ** 3 ** 2
-2 ** 2
- 2 + 3
+5
--5
7 // 2
-7 // 2
7 % 3
-7 % 3
7.5 // 2
-7.5 % 2
1_000 + 0x1f + 0o17 + 0b101
1e3
1.5e-5
1e16
123456789012345680.0
0.1 + 0.2
1e100
100000000000000000000.0
0.0001
0.00001
-0.0
3.0
1 / 3
2 ** -1
2 ** 0.5
'a' 'b' "c"
'x' ~ 1 ~ none ~ true ~ 2.5 ~ [1, 'a']
"esc \\n \\t \\\\ \\x41 \\u00e9 \\' \\" \\q"
'a' * 3
[0] * 3
3 * 'ab'
[1, 2] + [3]
(1, 2) + (3,)
1 < 2 < 3
1 < 3 < 2
1 == 1.0
true == 1
'1' == 1
[1, 2] == [1.0, 2]
{'a': 1} == {'a': true}
(1, 2) == [1, 2]
'a' < 'b'
'Z' < 'a'
[1, 2] < [1, 3]
not true
not n
not not n
true and 5
0 or 'x'
'' or none
n and s
n if t else s
n if no else s
n if no
(n if no) is defined
1 if 0 else 2 if 0 else 3
none is none
n is number
t is number
t is boolean
n is integer
t is integer
f is float
s is string
l is sequence
s is sequence
d is sequence
d is mapping
l is iterable
n is iterable
d is iterable
n is even
n is odd
n is divisibleby 5
n is divisibleby(2)
n is eq 5
n is equalto(5)
n is ne 4
n is gt 4
n is ge 5
n is lt 5
n is le 5
n is greaterthan 4
n is lessthan 4
n is in [1, 5]
n is not in [1, 5]
'a' is in 'abc'
s is lower
'abc' is lower
'ABC' is upper
'123' is lower
n is sameas n
t is sameas true
1 is sameas true
none is sameas none
undefinedname is defined
undefinedname is undefined
undefinedname.a.b is undefined
undefinedname['a'].b is defined
d.zz is defined
d.zz.yy is defined
nested.x.y.z[2].w is defined
l[10] is defined
n is callable
range is callable
'upper' is filter
'nope' is filter
'even' is test
true is true
1 is true
false is false
0 is false
n is not none
n is defined and n == 5
n is odd and n > 3 or false
d.a
d['a']
d.get('a')
d.get('zz')
d.get('zz', 7)
d.items()
d.keys()|list
d.values()|list
d.items()|list
items_key.items
items_key['items']
items_key.keys
items_key['keys']
nested.x.y.z
nested.x.y.z[0]
nested['x']['y'].z[-1].w
nested.x.y.z.2.w
l[0]
l[-1]
l.0
l[0:2]
l[1:]
l[:-1]
l[::-1]
l[::2]
l[5:]
l[-2:]
s[0]
s[-1]
s[0:5]
s[::-1]
uni[6]
uni|length
uni|upper
uni|reverse
(1, 2)[0]
(1, 2, 3)[1:]
()
(1)
(1,)
1, 2
[1, 2,]
[]
{}
{'a': 1, 'b': [1, {'c': none}]}
{1: 'x', 2.5: 'y', true: 'z', none: 0}
{(1, 2): 'tuple'}
{'a': 1,}
{'a': 1}['a']
{'a': {'b': 2}}.a.b
[1, [2, [3]]]
['it\\'s', "dq\\"", 'both\\'"']
[1.0, true, none, 'x\\ny', '\\\\', 'é', '\\x00']
'a' in s
'H' in s
'World' in s
1 in l
4 in l
'a' in d
'zz' in d
3 not in l
'x' not in 'abc'
undefinedname
undefinedname + 1
undefinedname == 1
not undefinedname
undefinedname or 1
d.zz
d.zz + 1
d.zz.yy
l[10]
s.nope
n.nope
nothing.a
[undefinedname]
undefinedname|default('x')
undefinedname|d
undefinedname|default
undefinedname.a.b|default('x')
d.zz.yy|default('dd')
nothing|default('x')
nothing|default('x', true)
empty|default('x')
empty|default('x', true)
no|default('x', true)
no|default('x', boolean=true)
0|default('x', true)
undefinedname|default(undefinedother)|default('y')
undefinedname|default([])|length
undefinedname|default({})|list
(undefinedname|default('a')) ~ 'b'
s|lower
s|upper
s|capitalize
s|title
"foo-bar's (baz) <qux> [x] {y}"|title
s|length
s|count
s|reverse
s|list
s|first
s|last
s|string
n|string
f|string
l|string
nothing|string
d|string
spaces|trim
'xxaxx'|trim('x')
s|replace('o', '0')
s|replace('o', '0', 1)
'aaa'|replace('', '-')
n|replace('5', '6')
s|center(21)
s|center(20)
'abc'|center(8)
multi|indent
multi|indent(2)
multi|indent(2, true)
multi|indent(2, true, true)
multi|indent('>> ', first=true)
long|truncate(20)
long|truncate(20, true)
long|truncate(20, true, '!')
long|truncate(20, false, '...', 0)
'foo bar baz qux'|truncate(9)
'foo bar baz qux'|truncate(11)
'foo bar baz qux'|truncate(11, false, '...', 0)
long|wordcount
long|wordwrap(30)
long|wordwrap(10, false)
'averyveryverylongwordthatdoesnotfit here'|wordwrap(10)
'averyveryverylongwordthatdoesnotfit here'|wordwrap(10, false)
'one two-three four'|wordwrap(8)
multi|wordwrap(4)
'%s-%s'|format('a', 1)
'%(a)s-%(b)05d'|format(a='x', b=42)
'%5.2f|%-8s|%+d|%x|%X|%o|%e|%g|%%'|format(3.14159, 'ab', 5, 255, 255, 8, 12345.678, 0.0001)
'%05d %5d %-5d|'|format(42, 42, 42)
'%r %s'|format('a', none)
'%c%c'|format(65, 'b')
'%.3s'|format('abcdef')
'%#x %#o'|format(255, 8)
'%*d'|format(5, 42)
'%s' % 'x'
'%s %s' % ('a', 'b')
'%d' % 3.7
'%s' % [1, 2]
'%(k)s' % {'k': 'v'}
'%d' % 'x'
'%s'|format
'{} {}'.format(1, 'a')
'{0} {1} {0}'.format('a', 'b')
'{name:>8}|{n:<5}|{f:^9.2f}'.format(name='x', n=5, f=2.5)
'{:,}|{:_}|{:05d}|{:x}|{:#b}|{:+}|{:%}|{:e}'.format(1234567, 1234567, 42, 255, 5, 5, 0.25, 12345.678)
'{0.a}{1[0]}{{}}'.format(d, l)
'{!r}'.format('a')
'{:*^9}'.format('mid')
'{:.2}'.format('abc')
'{:g} {:G} {:.3}'.format(0.00001, 1e20, 2.0)
'{:d}'.format('a')
'{}'.format()
n|int
'42'|int
' 42 '|int
'-42'|int
'4_2'|int
'42.9'|int
'abc'|int
'abc'|int(-1)
'ff'|int(0, 16)
'0xff'|int(0, 16)
'0b11'|int(0, 2)
'0x1F'|int(base=0)
none|int
true|int
2.9|int
-2.9|int
[]|int
'1e3'|int
'inf'|int
n|float
'2.5'|float
'abc'|float
'abc'|float(1.5)
' 1e3 '|float
'.5'|float
'5.'|float
'1_0.5'|float
none|float
'nan'|float|string
neg|abs
-2.5|abs
2.5|round
3.5|round
2.675|round(2)
2.5|round(0, 'ceil')
2.1|round(0, 'ceil')
2.9|round(0, 'floor')
1234.5678|round(-2)
1234|round(-2)
1234|round(1)
5|round
42.55|round(1)
0.5|round|int
100|filesizeformat
1|filesizeformat
1000|filesizeformat
1500000|filesizeformat
1500000|filesizeformat(true)
'13000'|filesizeformat
1e30|filesizeformat
l|sum
users|sum(attribute='age')
[[1], [2]]|sum(start=[])
l|sum(start=10)
[1.5, 2]|sum
l|max
l|min
words|max
words|min
words|max(case_sensitive=true)
users|max(attribute='age')
users|min(attribute='name')
[]|max
l|sort
l|sort(reverse=true)
words|sort
words|sort(case_sensitive=true)
words|sort(true)
users|sort(attribute='name')|map(attribute='name')|list
users|sort(attribute='age,name')|map(attribute='name')|list
users|sort(attribute='addr.city')|map(attribute='name')|list
[1, 'a']|sort
d|sort
d|dictsort
d|dictsort(true)
d|dictsort(by='value')
d|dictsort(reverse=true)
d|dictsort(false, 'value', true)
d|items|list
undefinedname|items|list
d|length
d|list
d|first
d|join(',')
l|first
l|last
[]|first
[]|last
l|join
l|join(', ')
mixed|join('|')
users|join(',', attribute='name')
users|join(',', 'age')
l|reverse|list
l|length
n|length
none|length
words|unique|list
words|unique(true)|list
[1, 1.0, true, 2]|unique|list
users|unique(attribute='age')|map(attribute='name')|list
users|map(attribute='name')|list
users|map(attribute='addr.city')|list
users|map(attribute='groups.0', default='none')|list
users|map(attribute='nope', default='x')|list
words|map('upper')|list
words|map('replace', 'a', 'x')|list
words|map('default', 'x')|list
[1, 2]|map('string')|list
['1', 'x']|map('int', default=9)|list
words|map('truncate', length=3, end='')|list
l|map('nope')|list
words|map
[0, 1, 2, '']|select|list
l|select('odd')|list
l|select('divisibleby', 3)|list
l|select('gt', 1)|list
l|select('>', 1)|list
l|select('in', [1, 2])|list
l|reject('odd')|list
[0, 1]|reject|list
words|select('match', '^a')|list
words|select('search', 'a$')|list
words|reject('match', '^[aA]')|list
users|selectattr('admin')|map(attribute='name')|list
users|rejectattr('admin')|map(attribute='name')|list
users|selectattr('age', 'eq', 30)|map(attribute='name')|list
users|selectattr('age', '>=', 30)|map(attribute='name')|list
users|selectattr('addr.city', 'equalto', 'Rome')|map(attribute='name')|list
users|selectattr('nope', 'defined')|list
users|selectattr('nope')|list
users|rejectattr('nope', 'defined')|map(attribute='name')|list
users|selectattr('name', 'search', 'o')|map(attribute='name')|list
users|selectattr('groups', 'contains', 'dev')|map(attribute='name')|list
users|groupby('age')|list
users|groupby('addr.city')|map('first')|list
words|batch(2)|list
words|batch(3, 'x')|list
words|slice(3)|list
words|slice(3, 'x')|list
[1, 2, 3, 4, 5, 6]|slice(4, 0)|list
[1, 2, 3]|slice(3, 'x')|list
d|attr('items') is callable
s|attr('upper') is defined
html|escape
html|e
html|striptags
'<p>a <!-- c --> &amp; b</p>'|striptags
html|forceescape
html|safe
html|urlencode
'a b/ü?'|urlencode
{'a': 'x y', 'b': 1}|urlencode
[('k', 'v&'), ('l', 2)]|urlencode
{'class': 'a b', 'id': none, 'x': '<'}|xmlattr
{'class': 'a'}|xmlattr(false)
html|tojson
d|tojson
mixed|tojson
d|tojson(2)
uni|tojson
quoted|tojson
mixed|pprint
s|pprint
'see http://example.com/x and www.a.org'|urlize
s|random in s
l|random in l
[]|random is undefined
s|nope
s is nope
lower(s)
s()
n.x()
range(5)|list
range(2, 5)|list
range(10, 0, -3)|list
range(0)|list
range(5, 1)|list
range('a')
dict(a=1, b='x')
dict([('a', 1)], b=2)
dict({'x': 1})
namespace(a=1).a
joiner(',')
[joiner('|')() for x in l]
cycler('a', 'b').next()
lipsum is callable
s.upper()
s.lower()
s.split()
s.split('o')
s.split('o', 1)
'a,b,,c'.split(',')
' a  b '.split()
' a  b '.split(' ')
'a b c'.rsplit(' ', 1)
'a b c'.rsplit(none, 1)
'a b c'.split(maxsplit=1)
multi.splitlines()
'a\\r\\nb\\rc'.splitlines()
multi.splitlines(true)
s.replace('l', 'L')
s.replace('l', 'L', 1)
s.startswith('He')
s.startswith(('x', 'He'))
s.endswith('ld')
s.startswith('lo', 3)
s.find('o')
s.find('o', 5)
s.find('zz')
s.rfind('o')
s.index('o')
s.index('zz')
s.count('l')
s.count('')
s.strip('Hd')
spaces.strip()
spaces.lstrip()
spaces.rstrip()
s.title()
"it's a dog's".title()
s.swapcase()
s.capitalize()
s.center(21, '*')
s.ljust(15, '.')
s.rjust(15)
'42'.zfill(5)
'-42'.zfill(5)
s.isalpha()
'abc'.isalpha()
'12'.isdigit()
'a1'.isalnum()
' '.isspace()
''.isalpha()
'abc'.islower()
'ABC'.isupper()
'Abc'.istitle()
'1.5'.isdigit()
'½'.isnumeric()
','.join(words)
','.join([1])
'a-b-c'.partition('-')
'a-b-c'.rpartition('-')
'abc'.partition('-')
'prefix-x'.removeprefix('prefix-')
'x.txt'.removesuffix('.txt')
'a\\tb'.expandtabs(4)
s.upper
l.count(1)
l.index(2)
l.index(9)
l.copy()
(1, 2).count(1)
d.copy()
d.update({'z': 9})
l.append(4)
'x'.format
n.bit_length()
f.is_integer()
d.nope()
s.nope()
['a', 'b'] | join('-') ~ '!'
(s | lower) ~ (n | string)
-n | abs
n + l | length
not d.a == 2
n == 5 and s == 'Hello World' or no
s | lower | upper | length
[s, n] | map('string') | map('length') | list
users[0].groups[0]
users | map(attribute='groups') | sum(start=[]) | unique | sort
users | map(attribute='name') | map('lower') | sort | join(',')
(users | selectattr('name', 'equalto', 'Bob') | first).age
(users | selectattr('name', 'equalto', 'nobody') | first).age | default(0)
{'a': n}.a + 1
d[s] | default('none')
d['a' ~ '']
"{{ not a template }}"
'a' if 'x' in d else 'b'
(1, 2, 3) | list
{'b': 1, 'a': 2} | dictsort | first
true is boolean and 1 is not boolean
5 is eq 5 is true
1 +
)
{{ x }}
a b
'unterminated
1 2
[1, 2
{'a' 1}
a.
a[
a|
a is
f(a=1, 2)
f(*l, *l)
not
1 in
'''

ANSIBLE = r'''
'yes'|bool
'True'|bool
'on'|bool
'1'|bool
'no'|bool
'off'|bool
1|bool
0|bool
none|bool
true|bool
true|ternary('a', 'b')
0|ternary('a', 'b')
none|ternary('a', 'b', 'c')
none|ternary('a', 'b')
{'a': 1}|combine({'b': 2})
{'a': {'x': 1}}|combine({'a': {'y': 2}})
{'a': {'x': 1}}|combine({'a': {'y': 2}}, recursive=true)
{'a': [1, 2]}|combine({'a': [2, 3]}, list_merge='append')
{'a': [1, 2]}|combine({'a': [2, 3]}, list_merge='prepend')
{'a': [1, 2]}|combine({'a': [2, 3]}, list_merge='append_rp')
{'a': [1, 2]}|combine({'a': [2, 3]}, list_merge='prepend_rp')
{'a': [1, 2]}|combine({'a': [2, 3]}, list_merge='keep')
{'a': 1}|combine([{'b': 2}, {'a': 3}])
{'a': 1}|combine('x')
path|basename
path|dirname
'/a/b/'|basename
'/a/b/'|dirname
'a'|dirname
'/'|dirname
'//x'|dirname
path|splitext
'.bashrc'|splitext
'a.tar.gz'|splitext
['/etc', 'a', 'b.conf']|path_join
['/etc', '/abs']|path_join
['a/', 'b']|path_join
'/a/b/c'|relpath('/a/d')
['/a/b/c', '/a/b/d']|commonpath
'/a/./b/../c'|normpath
'foo bar'|regex_replace('o+', '0')
'foobar'|regex_replace('^f(o+)(.*)$', '\\2-\\1')
'foobar'|regex_replace('(?P<x>o+)', '<\\g<x>>')
'FOO'|regex_replace('o', 'x', ignorecase=true)
'a\nb'|regex_replace('^', '> ', multiline=true)
'aaa'|regex_replace('a', 'b', count=2)
'abc'|regex_replace('x*', '-')
'localhost:80'|regex_replace('^(?P<host>.+):(?P<port>\\d+)$', '\\g<host>, \\g<port>')
'v1.2.3'|regex_replace('[^0-9.]', '')
'a.b'|regex_replace('\\.', '-')
'x'|regex_replace('(', '')
'foobar'|regex_search('o+')
'foobar'|regex_search('z')
'foobar'|regex_search('(f)(o+)', '\\1', '\\2')
'foobar'|regex_search('(?P<a>f)(?P<b>o+)', '\\g<b>')
'FOO'|regex_search('foo', ignorecase=true)
'a\nfoo'|regex_search('^foo', multiline=true)
'foo bar foo'|regex_findall('fo+')
'a=1,b=2'|regex_findall('(\\w)=(\\d)')
'a1b22'|regex_findall('\\d+')
'A a'|regex_findall('a', ignorecase=true)
'^f.*o(.*)$'|regex_escape
'a-b_c d/e'|regex_escape
d|to_json
mixed|to_json
uni|to_json
d|to_nice_json
mixed|to_nice_json
nested|to_nice_json(indent=2)
{}|to_nice_json
[]|to_nice_json
[[]]|to_nice_json
d|to_nice_json(sort_keys=false)
d|to_json(indent=2)
quoted|to_json
1.5|to_json
'{"a": [1, 2.5, null, true], "b": "\\u00e9"}'|from_json
'[1, "x"]'|from_json
'nope'|from_json
d|to_yaml
d|to_nice_yaml
mixed|to_yaml
mixed|to_nice_yaml
nested|to_yaml
nested|to_nice_yaml
nested|to_nice_yaml(indent=2)
users|to_yaml
users|to_nice_yaml
users|to_nice_yaml(indent=2)
users|to_nice_yaml(indent=8)
s|to_yaml
n|to_yaml
none|to_yaml
'yes'|to_yaml
'1'|to_yaml
''|to_yaml
multi|to_nice_yaml
{'text': multi}|to_nice_yaml
{'long': long}|to_nice_yaml
{'long': long}|to_yaml
{'long': long}|to_nice_yaml(width=1000)
['yes', 'no', 'y', 'null', '~', '1', '1.5', '0x1f', '0o17', '010', '1e3', '1:30', '2001-01-01', '=', '<<', '-', '- a', 'a: b', 'a:b', 'a #b', '#a', '@a', '`a', '!a', '&a', '*a', '%a', '{a', '[a', 'a]', 'a,b', '? a', '?a', ':a', ': a', "it's", '"q"', ' lead', 'trail ', 'tab\there', 'é', '☃', '😀', '\x00', '\x7f', 'a\\b', '---', '--- a', '...', '.', '.5', '+1', '-1', '1_000', 'a\n', '\na', 'a\n b', 'a \nb', '{{ x }}']|to_nice_yaml
['yes', 'a, b', 'a: b', '', '[', 'x]', "it's", 'multi\nline', '?', '-', 'a:']|to_yaml
{'yes': 1, '': 2, 'a b': 3, 'a: b': 4, 1: 5, 'multi\nline': 6}|to_nice_yaml(sort_keys=false)
{'a': [], 'b': {}, 'c': [[]], 'd': [{}], 'e': [[1, 2], [3]]}|to_nice_yaml
{'a': [], 'b': {}, 'c': [[]], 'd': [{}], 'e': [[1, 2], [3]]}|to_yaml
{'a': {'b': [{'c': 1, 'd': [1, 2]}, 'x']}}|to_nice_yaml
[[1, [2, [3]]]]|to_nice_yaml
[1.0, 1e20, 1.5e-7, 100000.0]|to_nice_yaml
(1, 2)|to_nice_yaml
'a'|b64encode
'Grüße'|b64encode
''|b64encode
'YQ=='|b64decode
'R3LDvMOfZQ=='|b64decode
'YWI'|b64decode
'test'|hash
'test'|hash('md5')
'test'|hash('sha1')
'test'|hash('sha224')
'test'|hash('sha256')
'test'|hash('sha384')
'test'|hash('sha512')
('x' * 200)|hash('md5')
('x' * 200)|hash('sha256')
('x' * 200)|hash('sha512')
('x' * 55)|hash('sha1')
('x' * 56)|hash('sha1')
('x' * 64)|hash('sha1')
('x' * 111)|hash('sha512')
('x' * 112)|hash('sha512')
'test'|checksum
'test'|md5
'test'|sha1
'test'|hash('nope')
'test'|hash('blake2b')
('x' * 300)|hash('blake2b')
('x' * 128)|hash('blake2b')
'test'|hash('blake2s')
('x' * 300)|hash('blake2s')
''|hash('blake2s')
'test'|hash('sha3_224')
'test'|hash('sha3_256')
('x' * 300)|hash('sha3_384')
('x' * 300)|hash('sha3_512')
''|hash('sha3_256')
2 ** 64
-(2 ** 63)
2 ** 64 - 1 - 2 ** 64
9223372036854775807 + 1
-9223372036854775808 - 1
9223372036854775807 * 9223372036854775807
99999999999999999999
99999999999999999999 - 99999999999999999998
10 ** 30 // 7
-(10 ** 30) // 7
10 ** 30 // -7
10 ** 30 % 7
-(10 ** 30) % 7
10 ** 30 % -7
(10 ** 40 + 12345) // (10 ** 20)
(10 ** 40 + 12345) % (10 ** 20)
10 ** 30 / 10 ** 29
10 ** 30 + 0.5
10 ** 30 == 10 ** 30
10 ** 30 > 10 ** 29
10 ** 30 < 1.0e40
[10 ** 30, 5, -(10 ** 20)]|sort
[10 ** 30, 10 ** 30]|unique
(10 ** 30) is number
(10 ** 30) is integer
(10 ** 30) is even
(10 ** 30 + 1) is odd
(10 ** 30) is divisibleby(7)
(10 ** 30)|string
(10 ** 30)|float
(-(10 ** 30))|abs
(10 ** 30)|type_debug
'123456789012345678901234567890'|int
'ffffffffffffffffffffffff'|int(0, 16)
('web1'|hash('md5')|int(base=16)) % 60
1e30|int
'%d' % 10 ** 25
'%d|%x' % (10 ** 25, 10 ** 25)
'{} {:d}'.format(10 ** 25, 10 ** 25)
{'a': 10 ** 25}|to_json
'[123456789012345678901234567890]'|from_json
{'a': 10 ** 25}|to_nice_yaml
[10 ** 25, 1]|sum
[10 ** 25, 1]|max
'x ' ~ range(3)
range(3)|string
range(3)[1]
range(3)[-1]
range(0, 10, 2)[5]
2 in range(3)
range(3)|length
('2024-03-01 12:30:45'|to_datetime).year
('2024-03-01 12:30:45'|to_datetime)|string
('2024-03-01'|to_datetime('%Y-%m-%d') - '2023-03-01'|to_datetime('%Y-%m-%d')).days
('2024-03-01 10:00:00'|to_datetime - '2024-02-28 11:30:00'|to_datetime).total_seconds()
('2024-03-01 10:00:00'|to_datetime - '2024-02-28 11:30:00'|to_datetime)|string
('2024-02-28 11:30:00'|to_datetime - '2024-03-01 10:00:00'|to_datetime)|string
('2024-02-28 11:30:00'|to_datetime - '2024-03-01 10:00:00'|to_datetime).seconds
'2024-03-01 10:00:00'|to_datetime > '2024-02-28 11:30:00'|to_datetime
('2024-03-01 10:00:00'|to_datetime).strftime('%d/%m/%y %H:%M %A %j')
('01 Mar 24 03:07 PM'|to_datetime('%d %b %y %I:%M %p')).isoformat()
('2024-060T12:00:00.25'|to_datetime('%Y-%jT%H:%M:%S.%f')).isoformat()
('2024-03-01 10:00:00'|to_datetime).weekday()
('2024-03-01 10:00:00'|to_datetime).isoweekday()
('2024-03-01 10:00:00'|to_datetime).date()|string
('1969-12-31 23:59:59'|to_datetime).strftime('%Y %H:%M:%S')
'2024-02-30 10:00:00'|to_datetime
'2024-02-20'|to_datetime
'2024-02-20 10:00:00 x'|to_datetime
'c:/a/b'|win_splitdrive
'c:\\a\\b'|win_splitdrive
'a/b'|win_splitdrive
'//host/share/dir'|win_splitdrive
'\\\\host\\share\\dir'|win_splitdrive
'//host'|win_splitdrive
'//host//share'|win_splitdrive
'///host/share'|win_splitdrive
'a b'|quote
"it's"|quote
''|quote
'safe-1.2/x'|quote
'secret'|password_hash('sha512', 'saltsalt', rounds=5000)
'secret'|password_hash('sha512', 'saltsalt', rounds=1000)
'secret'|password_hash('sha256', 'abcdefgh', rounds=5000)
'secret'|password_hash('sha256', 'abcdefgh', rounds=1234)
'secret'|password_hash('sha512', 'saltsalt')
'secret'|password_hash('sha256', 'abcdefgh')
'gr\u00fc\u00dfe'|password_hash('sha512_crypt', 'saltsalt', rounds=1000)
'secret'|password_hash('md5', 'saltsalt')
'secret'|password_hash('md5', 'saltsaltsalt')
'secret'|password_hash('blowfish', '1234567890123456789012', rounds=4)
'secret'|password_hash('bcrypt', '1234567890123456789012', rounds=4)
'secret'|password_hash('bcrypt', 'short')
'secret'|password_hash('sha512', 'salt$')
'secret'|password_hash('des')
'hello'|comment
'hello\nworld'|comment
'hello'|comment('c')
'hello'|comment('cblock')
'hello'|comment('erlang')
'hello'|comment('xml')
'a\n\nb'|comment('plain', prefix='#######', postfix='#######')
'a'|comment(decoration='! ')
d|dict2items
d|dict2items(key_name='k', value_name='v')
[1]|dict2items
[{'key': 'a', 'value': 1}]|items2dict
[{'n': 'a', 'v': 1}]|items2dict(key_name='n', value_name='v')
[{'key': 'a'}]|items2dict
[1, 2, 2]|union([2, 3])
[1, 2, 2, 3]|intersect([2, 3])
[1, 2, 2, 3]|difference([2])
[1, 2]|symmetric_difference([2, 3])
[[1], {'a': 1}]|union([[1]])
[1, [2, [3, none]], none]|flatten
[1, [2, [3]]]|flatten(levels=1)
[1, [none]]|flatten(skip_nulls=false)
[1, 2]|zip(['a', 'b'])|list
[1, 2]|zip(['a'], [9, 8])|list
[1, 2]|zip_longest(['a'], fillvalue='x')|list
[1, 2]|product(['a', 'b'])|list
[1, 2, 3]|permutations(2)|list
[1, 2, 3]|combinations(2)|list
'a,b'|split(',')
' a b '|split
[0, 2]|map('extract', ['x', 'y', 'z'])|list
['b']|map('extract', nested.x, 'z')|list
'a'|extract({'a': {'b': 1}}, 'b')
users|subelements('groups')|map('last')|list
[{'a': {'b': [1, 2]}}]|subelements('a.b')
[{'x': 1}]|subelements('groups', skip_missing=true)
[{'x': 1}]|subelements('groups')
[{'n': 'a'}, {'n': 'b'}]|rekey_on_member('n')
1024|human_readable
1536|human_readable
1048576|human_readable
10|human_readable(isbits=true)
123456789|human_readable(unit='K')
'1K'|human_to_bytes
'1.5 MB'|human_to_bytes
'10'|human_to_bytes
'2'|human_to_bytes('G')
'x'|human_to_bytes
url|urlsplit
url|urlsplit('hostname')
url|urlsplit('port')
url|urlsplit('query')
'/just/path'|urlsplit('path')
'a%20b+c'|urldecode
100|log(10)
8|pow(3)
9|root
27|root(3)
'test'|to_uuid
'%Y-%m-%d %H:%M:%S'|strftime(0, utc=true)
'%j %a %b'|strftime(1700000000, utc=true)
version is version('2.9', '>')
version is version('2.10.3', '==')
version is version('2.10', '<')
version is version('2.10.3', 'ge')
'1.0' is version('1.0.0', 'lt')
'16.04' is version('14.04', '>=')
'1.0rc1' is version('1.0', '>')
'7' is version('10', '<')
'a' is version('1', '<')
'1.0' is version('1.0', '~')
version|version_compare('2.9', '>')
'abc' is match('a')
'abc' is match('b')
'abc' is search('b')
'ABC' is match('a', ignorecase=true)
'abc' is regex('^b')
'abc' is regex('abc', match_type='fullmatch')
'a\nb' is search('^b', multiline=true)
result is changed
result is failed
result is succeeded
result is success
result is skipped
failedresult is failed
failedresult is changed
failedresult is succeeded
failedresult is not skipped
result is unreachable
result is finished
[1, 2] is subset([1, 2, 3])
[1, 2, 3] is superset([1])
[1, 2] is contains(1)
'abc' is contains('b')
'yes' is truthy
'yes' is truthy(convert_bool=true)
'no' is falsy(convert_bool=true)
'' is falsy
[true, 1] is all
[false, 0] is any
[false, 1] is any
'x' is failed
d|type_debug
n|type_debug
s|type_debug
l|type_debug
none|type_debug
t|type_debug
f|type_debug
undefinedname|mandatory
n|mandatory
'a b c'|split|map('quote')|join(' ')
'foo'|regex_replace('(?i)FOO', 'x')
'foo.bar'|regex_replace('(?<=foo)\\.', '_')
'foobar'|regex_replace('foo(?!x)', 'y')
'foobar'|regex_search('foo(?=bar)')
'aXbXc'|regex_replace('X(?#comment)', '')
'2024-01-02'|regex_replace('(\\d+)-(\\d+)-(\\d+)', '\\3.\\2.\\1')
'aaa'|regex_search('a{2}')
'aaa'|regex_search('a{1,2}?')
'abab'|regex_search('(ab)\\1')
'<a><b>'|regex_findall('<.+?>')
'<a><b>'|regex_findall('<.+>')
'a1_b'|regex_findall('[a-z\\d]+')
'x]y'|regex_findall('[]]')
'x-y'|regex_findall('[x-]')
'tab\there'|regex_replace('\\t', ' ')
'a b'|regex_replace('\\s', '')
'word boundary'|regex_findall('\\b\\w')
'a\nb\n'|regex_findall('$')
'a\nb'|regex_search('a.b')
'a\nb'|regex_search('(?s)a.b')
'Ünïcode'|regex_search('\\w+')
'ÄÖ'|regex_search('äö', ignorecase=true)
'abc'|regex_replace('(a)|(b)', '[\\1\\2]')
'foo'|regex_replace('o', '\\n')
'foo'|regex_replace('o', '\\\\')
'foo'|regex_replace('o', '\\d')
'' |regex_replace('^$', 'x')
'key: value'|regex_search('^(\\w+):\\s*(.*)$', '\\2')|first
'eth0'|regex_replace('^(.*?)(\\d+)$', '\\2')|int
'(a|b)*c'|regex_escape
'ababc'|regex_search('(?:a|b)*c')
'xaxbx'|regex_replace('x(?P<c>.)', '\\g<c>\\g<0>')
'aaaa'|regex_search('(a*)*b')
'abc'|regex_search('[^a]')
'a.b'|regex_search('[.]')
'a^b'|regex_search('[\\^]')
'%5B'|regex_replace('%([0-9A-F]{2})', '<\\1>')
'x{2}'|regex_search('x\\{2\\}')
'x{a}'|regex_search('x{a}')
'foo'|regex_search('(?x) f o # comment')
'a\u00e9'|regex_search('\\xe9')
'a\\b'|regex_replace('\\\\', '/')
'10.0.0.1'|regex_search('^\\d{1,3}(\\.\\d{1,3}){3}$')
'user@host'|regex_replace('^(.+)@(.+)$', '\\2')
'CamelCaseText'|regex_replace('(?<!^)(?=[A-Z])', '_')
'a,b;c'|regex_replace('[,;]', ' ')
'  x '|regex_replace('^\\s+|\\s+$', '')
'line1\nline2'|regex_replace('(?m)^', '# ')
'abc'|regex_findall('')
'abc'|regex_findall('b*')
'ab12'|regex_findall('([a-z])|(\\d)')
'''

QUERIES = r'''
name
users[0].name
users[*].name
users[].groups[]
users[*].groups
users[?age > `25`].name
users[?admin].name
users[?!admin].name | [0]
users[?name=='Bob']
users[?name=='Bob'] | [0].age
users[?age == `30` && admin].addr.city
users[?age == `25` || name == 'carol'].name
users[-1].name
users[0:2].name
users[::-1].name
users[*].[name, age]
users[*].{n: name, a: age}
users[*].addr.city | sort(@)
users[?contains(groups, 'dev')].name
users[?starts_with(name, 'c')].name
sort_by(users, &age)[*].name
max_by(users, &age).name
min_by(users, &age).name
length(users)
keys(d)
values(d)
d.*
d.[a, b]
d.{x: a, y: b}
nested.x.y.z[2].w
nested.*.y.z
"nested"."x"
nope
nope.nope
nope || 'default'
l | max(@)
l | sum(@)
avg(l)
join('-', words)
sort(words)
reverse(l)
to_string(d)
to_number('5')
to_array('x')
type(l)
not_null(nope, s)
merge(d, {z: `9`})
map(&name, users)
l[?@ > `1`]
[[0]]
l[1]
@
`[1, 2]`
`"x"`
`x`
'raw'
users[*].name[]
[users[0].name, s]
users[?addr.city != 'Rome'].addr.city
abs(`-5`)
ceil(`1.2`)
floor(`1.8`)
ends_with(s, 'World')
contains(s, 'lo')
users[
users[*
[?
nope(1)
length()
a b
length(n)
'''.strip().split('\n')

TEMPLATES = [
    'plain text', '', 'a\n', 'a\n\n', '{{ n }}', '{{ n }}\n', 'x{{ n }}y', '{{ n }}{{ n }}', '{{ l }}', 'v: {{ l }}',
    '{{ d }} {{ t }} {{ nothing }} {{ f }}', '{# comment #}', 'a{# c #}b', '{# multi\nline #}x', '{#- c -#} x',
    '{{ "}}" }}', "{{ '{{' }}", '{{ {"a": {"b": 1}} }}', '{{ {"a": 1}["a"] }}', '{{ [1,2][0] }}', '{{1}}{{-2}}',
    '{% if t %}yes{% endif %}', '{% if no %}yes{% endif %}', '{% if no %}a{% else %}b{% endif %}',
    '{% if no %}a{% elif n == 5 %}b{% else %}c{% endif %}', '{% if no %}a{% elif no %}b{% elif t %}c{% endif %}',
    '{% if n > 3 and s is defined %}x{% endif %}', '{% if undefinedname %}x{% endif %}',
    '{% if undefinedname is defined and undefinedname %}x{% endif %}', '{% if not undefinedname|default(false) %}x{% endif %}',
    '{% for i in l %}{{ i }}{% endfor %}', '{% for i in l %}{{ i }},{% endfor %}', '{% for i in [] %}x{% else %}none{% endfor %}',
    '{% for i in l if i > 1 %}{{ i }}{% endfor %}', '{% for i in l if i > 9 %}{{ i }}{% else %}e{% endfor %}',
    '{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}', '{% for k in d %}{{ k }}{% endfor %}',
    '{% for k, v in d|dictsort %}{{ k }}={{ v }};{% endfor %}', '{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}',
    '{% for c in s %}{{ c }}.{% endfor %}', '{% for i in n %}x{% endfor %}', '{% for i in undefinedname %}x{% endfor %}',
    '{% for a, b in [(1, 2, 3)] %}x{% endfor %}', '{% for a, b in [(1,)] %}x{% endfor %}',
    '{% for i in l %}{{ loop.index }}/{{ loop.index0 }}/{{ loop.revindex }}/{{ loop.revindex0 }}/{{ loop.first }}/{{ loop.last }}/{{ loop.length }}/{{ loop.depth }}/{{ loop.depth0 }}\n{% endfor %}',
    '{% for i in l %}{{ i }}{% if not loop.last %}, {% endif %}{% endfor %}',
    '{% for i in l %}{{ loop.cycle("odd", "even") }}{% endfor %}', '{% for i in [1,1,2,2,1] %}{{ loop.changed(i) }} {% endfor %}',
    '{% for i in l %}{{ loop.previtem|default("-") }}<{{ i }}>{{ loop.nextitem|default("-") }} {% endfor %}',
    '{% for i in l %}{% for j in l %}{{ loop.index }}{{ loop.depth }}{% endfor %}|{% endfor %}',
    '{% for i in l %}{% set outer = loop %}{% for j in [1,2] %}{{ outer.index }}{{ loop.index }} {% endfor %}{% endfor %}',
    '{% for n in tree recursive %}{{ n.v }}{% if n.c %}({{ loop(n.c) }}){% endif %}{{ loop.depth }}{% endfor %}',
    '{% for i in range(10) %}{% if i == 3 %}{% continue %}{% endif %}{% if i == 6 %}{% break %}{% endif %}{{ i }}{% endfor %}',
    '{% for i in l %}{% set x = i %}{% endfor %}{{ x is defined }}', '{% set x = 1 %}{% for i in l %}{% set x = i %}{% endfor %}{{ x }}',
    '{% for i in l %}{{ x is defined }}{% set x = i %}{{ x }}{% endfor %}',
    '{% set ns = namespace(x=0) %}{% for i in l %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }}',
    '{% set ns = namespace() %}{% set ns.a = 1 %}{{ ns.a }}{{ ns.b is defined }}',
    '{% set x = 5 %}{{ x }}', '{% set x, y = 1, 2 %}{{ x }}{{ y }}', '{% set x = [1, 2] %}{{ x }}', '{% set x = 1, 2 %}{{ x }}',
    '{% set x %}block {{ n }}{% endset %}{{ x }}|{{ x|length }}', '{% set x | upper %}block {{ s }}{% endset %}{{ x }}',
    '{% if t %}{% set x = 1 %}{% endif %}{{ x }}', '{% set d.x = 1 %}', '{% set n = n + 1 %}{{ n }}',
    '{% with a = 1, b = 2 %}{{ a }}{{ b }}{% endwith %}{{ a is defined }}', '{% with %}{% set qq = 1 %}{{ qq }}{% endwith %}{{ qq is defined }}',
    '{% with a = 1 %}{% with a = 2, b = a %}{{ a }}{{ b }}{% endwith %}{% endwith %}',
    '{% filter upper %}abc {{ s }}{% endfilter %}', '{% filter replace("a", "b") | upper %}aaa{% endfilter %}',
    '{% filter indent(2) %}a\nb{% endfilter %}', '{% raw %}{{ x }} {% if %}{% endraw %}', '{%- raw -%} {{ x }} {%- endraw -%} y',
    'a {% raw %} b {% endraw %} c', '{% raw %}\nx\n{% endraw %}\ny', '{% do l.append(4) %}{{ l }}', '{% do d.update({"z": 1}) %}{{ d }}',
    '{% set x = [] %}{% for i in l %}{% set _ = x.append(i * 2) %}{% endfor %}{{ x }}',
    '{% set x = {} %}{% for i in l %}{% set _ = x.update({i: i * 2}) %}{% endfor %}{{ x }}',
    '{% set x = {"l": []} %}{% do x.l.append(1) %}{% do x["l"].append(2) %}{{ x }}', '{% set x = [3, 1] %}{% do x.sort() %}{{ x }}',
    '{% set x = [1, 2, 3] %}{{ x.pop() }}{{ x }}{{ x.pop(0) }}{{ x }}', '{% set x = {"a": 1} %}{{ x.pop("a") }}{{ x }}{{ x.pop("b", 2) }}',
    '{% set x = {} %}{{ x.setdefault("a", 1) }}{{ x }}', '{% set x = [1] %}{% do x.extend([2, 3]) %}{% do x.insert(0, 0) %}{% do x.remove(2) %}{% do x.reverse() %}{{ x }}',
    '{% macro m(a, b=2) %}[{{ a }}|{{ b }}]{% endmacro %}{{ m(1) }}{{ m(1, 3) }}{{ m(b=4, a=5) }}',
    '{% macro m(a) %}{{ a }}{% endmacro %}{{ m() }}', '{% macro m(a) %}{{ a is defined }}{% endmacro %}{{ m() }}',
    '{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}', '{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, c=2) }}',
    '{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, x=3) }}',
    '{% macro m(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ m(7) }}',
    '{% macro m(x) %}{{ caller() }}{{ x }}{% endmacro %}{% call m(1) %}body{{ n }}{% endcall %}',
    '{% macro m() %}{% for u in users %}{{ caller(u) }};{% endfor %}{% endmacro %}{% call(u) m() %}{{ u.name }}{% endcall %}',
    '{% macro fact(x) %}{% if x <= 1 %}1{% else %}{{ x }}*{{ fact(x - 1) }}{% endif %}{% endmacro %}{{ fact(4) }}',
    '{% macro m() %}{{ n }}{% set n = 1 %}{% endmacro %}{{ m() }}{{ n }}', '{% macro m(a) %}{% endmacro %}{{ m.name }}{{ m.arguments }}',
    '{% macro m() %}x{% endmacro %}{{ m() ~ "y" }}{{ m()|upper }}', '{% macro m() %}\n  a\n{% endmacro %}<{{ m() }}>',
    '{% set c = cycler("a", "b") %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}{% do c.reset() %}{{ c.next() }}',
    '{% set j = joiner("|") %}{{ j() }}a{{ j() }}b{{ j() }}c', '{% autoescape false %}{{ html }}{% endautoescape %}',
    '  {% if t %}\n  x\n  {% endif %}\n', '{% if t -%}\n  x\n{%- endif %}', 'a  {%- if t %} b {% endif -%}  c', '{{- n -}} x', 'x {{- n }}', '{{ n -}}\n\n x',
    'a\n{% if t %}\nb\n{% endif %}\nc', 'a\n{%+ if t %}\nb\n{% endif +%}\nc', 'a\n  {%- set x = 1 %}\nb', '<ul>\n{% for i in l %}\n  <li>{{ i }}</li>\n{% endfor %}\n</ul>\n',
    '{% for i in l -%}\n  {{ i }}\n{%- endfor %}', '{% for i in l %}\n\n{{ i }}\n\n{% endfor %}', 'x\r\ny{% if t %}\r\nz{% endif %}\r\n', '{# c #}\nx', '{# c -#}\n x', 'a {#- c #} b',
    '{{ n\n + 1 }}', '{% if t\n and n %}x{% endif %}', '{{ undefinedname }}', 'x{{ undefinedname }}', '{{ d.nope }}', '{{ undefinedname.x.y }}', '{{ [undefinedname] | length }}',
    '{{ n | default("x") }}', '{{ undefinedname | default("x") }}', '{{ nope() }}', '{{ n() }}', '{% if %}x{% endif %}', '{% for %}{% endfor %}', '{% endif %}', '{% if t %}', '{% nope %}', '{{ n', '{% if t', '{# x', '{% raw %}x', '{{ }}', '{{ n | }}', '{% set %}', '{% set 1 = 2 %}', '{% for i in l %}{% endif %}', '{% else %}', '{{ n } }', '{% macro %}{% endmacro %}',
    '{{ "a" if t }}', '{{ "a" if no }}|', '{{ ("a" if no)|default("z") }}', '{{ n == 5 }}', '{{ not n }}', '{{ 1, 2 }}', '{{ (1, 2) }}', '{{ () }}', '{{ "%s" % s }}', '{{ s ~ n }}', '{{ s + n }}', '{{ s + n|string }}',
    '{{ users|map(attribute="name")|join(", ") }}', '{% for u in users|sort(attribute="name") %}{{ loop.index }}:{{ u.name }} {% endfor %}', '{% for age, list in users|groupby("age") %}{{ age }}:{{ list|map(attribute="name")|join("+") }} {% endfor %}', '{% for g in users|groupby("age") %}{{ g.grouper }}={{ g.list|length }} {% endfor %}',
    '{% for row in l|batch(2, "-") %}{{ row }}{% endfor %}', '{% for u in users if u.admin %}{{ loop.index }}{{ u.name }}{% endfor %}', '{% for u in users %}{% if u.admin %}{{ loop.index }}{% endif %}{% endfor %}', '{% for k in nested.x.y.z %}{{ k }};{% endfor %}', '{{ nested.x.y.z[2].w }}', "{{ nested['x'].y['z'][0] }}", '{% set greeting = "Hi " ~ s %}{{ greeting }}', '{%set x=1%}{{x}}', '{%- for i in l -%} {{ i }} {%- endfor -%}', '{{ l|join(",") }}\n{% for i in l %}\n{{ i }}\n{% endfor %}\n\n', '{% if s.startswith("H") and "W" in s %}ok{% endif %}', "{{ 'a\nb' }}", '{{ "tab\\t" }}', '{{ "☃" }}{{ uni }}', 'ünï {{ n }} ☃', '{{ true }} {{ True }} {{ false }} {{ none }} {{ None }}', '{{ 1.0 }} {{ 1e20 }} {{ 0.1 }} {{ 1 / 2 }} {{ 4 / 2 }} {{ 7 // 2 }}', '{{ {"b": 1, "a": [1, "x"]} }}', '{{ "a\'b" }} {{ ["a\'b"] }}',
    '{% block a %}x{{ n }}{% endblock %}', '{% block a %}x{% endblock %}{{ self.a() }}', '{% for i in l %}{% block b scoped %}{{ i }}{% endblock %}{% endfor %}',
    '{% extends "base" %}{% block body %}child {{ super() }}{% endblock %}', '{% extends "base" %}{% set x = 1 %}ignored{% block title %}T{% endblock %}', '{% extends "middle" %}{% block body %}leaf/{{ super() }}{% endblock %}',
    '{% include "part" %}', '{% set v = 7 %}{% include "part" %}', '{% set v = 7 %}{% include "part" without context %}', '{% include "nope" ignore missing %}x', '{% include "nope" %}', '{% include ["nope", "part"] %}', '{% for v in l %}{% include "part" %}{% endfor %}',
    '{% import "lib" as lib %}{{ lib.greet("x") }}{{ lib.constant }}', '{% from "lib" import greet, constant as c %}{{ greet("y") }}{{ c }}', '{% from "lib" import nope %}{{ nope is defined }}', '{% import "lib" as lib %}{{ lib._private is defined }}', '{% from "ctx" import show with context %}{{ show() }}', '{% from "ctx" import show %}{{ show() }}',
]

# Tags that ansible-core's own environment does not have, or needs files for.
NOT_IN_ANSIBLE = ['% do ', '% break', '% continue', '% extends', '% include', '% import', '% from ']
ANSIBLE_TEMPLATES = TEMPLATES + [
    "{{ 'a\\tb' }}", "{{ l | join('\\n') }}", "{% if 'a\\tb' | length == 3 %}x{% endif %}", "{% set x = '\\t' %}{{ x | length }}", "{{ '\\\\' }}", "{{ '\\'' }}", '{{ "\\"" }}', "{{ '\\x41\\u00e9' }}", "a\\b{{ n }}",
    "{{ 'foo.conf' | regex_replace('^(.*)\\.conf$', '\\1') }}", "{{ 'foo.conf' | regex_replace('^(.*)\\\\.conf$', '\\\\1') }}", "{{ 'a b' | regex_replace('\\s', '') }}", "{{ {'k': '\\d'} }}",
    "{{ query('items', [1, [2]], 3) }}", "{{ lookup('items', [1, 2]) }}", "{{ lookup('items', ['a', 'b']) }}", "{{ query('dict', d) }}",
    "{{ query('sequence', 'start=1 end=4 stride=2 format=h%02d') }}", "{{ query('sequence', '3') }}", "{{ query('sequence', '4-8/2:x%d') }}", "{{ query('sequence', 'count=3') }}",
    "{{ query('sequence', 'start=5 end=1 stride=-2') }}", "{{ query('sequence', 'count=0') }}", "{{ query('sequence', 'start=1') }}",
    "{{ query('together', [1, 2], ['a']) }}", "{{ query('nested', [1, 2], ['a', 'b']) }}",
    "{{ query('indexed_items', ['a', 'b']) }}", "{{ query('subelements', users, 'groups') | map('last') }}", "{{ query('list', [1, 2], 3) }}", "{{ lookup('vars', 'n') }}", "{{ lookup('vars', 'n', 's') }}",
    "{{ lookup('vars', 'nope', default='x') }}", "{{ lookup('vars', 'nope') }}", "{{ query('vars', 'n') }}", "{{ lookup('nope') }}",
    "{{ n | string }}", "{{ '5' | int }}", "{{ '[1, 2]' }}", "{{ \"{'a': 1}\" }}", "{{ 'yes' }}", "{{ 'True' }}", "{{ '5' }}", "{{ (1, 2) }}", "{{ d.items() }}", "{{ range(3) }}", "x{{ range(3) }}", "{{ range(1, 9, 3) }}-{{ range(0) }}", "{{ 'a' ~ range(2) }}", "{{ 2 ** 70 }}", "x{{ 2 ** 70 }}", "{{ [2 ** 70] }}", "{{ '2024-03-01 10:00:00' | to_datetime }}-", "{{ ['2024-03-01 10:00:00' | to_datetime] }}-", "{{ 'a' ~ omit }}", "a{{ omit }}b", "{{ l | map('string') }}", "{{ d | dict2items }}",
    "a{{ nothing }}b", "{{ nothing }}", "{{ '' }}", " {{ n }}", "{{ n }} ", "{{ n }}\n", "\n{{ n }}", "{{ t }}{{ t }}", "{{ l }}{{ l }}", "x{{ l }}", "{{ n == 5 }}", "{{ n if t else '' }}", "{{ '1' + '2' }}", "{{ 1 ~ 2 }}",
    "{{ nope | default }}", "{{ nope | default(none) }}", "{{ nope | default({}) }}", "{{ nope | default([]) | length }}", "{{ nope is defined }}", "{{ d.nope is defined }}", "{{ nothing is none }}", "{{ s is string and n is number }}",
    "{{ users | selectattr('admin') | map(attribute='name') | list }}", "{{ users | sort(attribute='age') | map(attribute='name') | first }}", "{{ 'a,b' | split(',') }}", "{{ ['a', 'b'] | zip([1, 2]) }}", "{{ dict(['a', 'b'] | zip([1, 2])) }}",
    "{{ [1, 2] | product([3]) }}", "{{ 'abc' | list }}", "{{ [3, 1] | sort | join('-') }}", "{{ d | combine({'z': 1}) }}", "{{ 5 is version('4', '>') }}", "{{ 1.10 }}", "{{ 010 | default(8) }}", "{{ 0 }}", "{{ false }}", "{{ f }}", "{{ n / 1 }}", "{{ 7 // 2 }}", "{{ n is odd }}",
    "{{ omit is defined }}", "{% set x = 5 %}{{ x }}", "{% if t %}{{ n }}{% else %}no{% endif %}", "{% for i in [7] %}{{ i }}{% endfor %}", "{% macro m() %}{{ n }}{% endmacro %}{{ m() }}", "{% filter upper %}x{% endfilter %}", "{{ [nothing, t, f] }}", "{{ {'a': nothing} }}", "v: {{ [nothing, t] }}",
    "{{ undef() }}", "{{ undef('hint') | default('x') }}", "{{ now() is defined }}", "{{ q('items', [1]) }}", "{{ 'a' is abs }}", "{{ '/a' is abs }}", "{{ 'http://x/y' is url }}", "{{ 'x' is url }}", "{{ 'mailto:x' is uri }}",
    "{% set o = [] %}{% for i in l %}{{ o.append(i) }}{% endfor %}{{ o }}", "{% set o = {} %}{{ o.update({'x': 1}) }}{{ o }}", "{{ nothing }}{{ l }}", "{{ l }}{{ nothing }}", "{{ '' }}{{ l }}", "{{ empty }}{{ l }}", "{{ nothing }}{{ nothing }}", "{{ nothing }}{{ n }}", "{{ nothing }} {{ n }}", "{# c #}{{ n }}", "{{ 5 if false }}{{ n }}", "{{ n if false else none }}{{ n }}",
    "{% set x %}{{ l }}{% endset %}{{ x }}", "{% set x %}{{ l }} {% endset %}{{ x }}", "{% set x %}{{ n }}{% endset %}{{ x + 1 }}", "{% set x | string %}{{ n }}{% endset %}{{ x }}", "{% filter length %}{{ l }}{% endfilter %}", "{% filter length %}{{ 'a' }}{{ nothing }}{% endfilter %}", "{% macro m() %}{% endmacro %}{{ m() }}{{ l }}", "{% macro m() %}{{ nothing }}{% endmacro %}{{ m() }}{{ l }}", "{% macro m() %}{{ nothing }}{{ l }}{% endmacro %}{{ m() }}", "{% for i in l %}{{ i if i == 2 else none }}{% endfor %}", "{{ omit }}{{ l }}", "{{ nothing }}{{ t }}", "{{ nothing }}{{ 'true' }}", "{{ (1, 2) }}{{ nothing }}", "{% with a = l %}{{ nothing }}{{ a }}{% endwith %}",
]

LOADER = {
    'base': '<{% block title %}base{% endblock %}|{% block body %}default{% endblock %}>',
    'middle': '{% extends "base" %}{% block body %}middle/{{ super() }}{% endblock %}',
    'part': '[v={{ v|default("-") }} n={{ n }}]',
    'lib': '{% macro greet(x) %}hi {{ x }}{% endmacro %}{% set constant = 42 %}{% set _private = 1 %}',
    'ctx': '{% macro show() %}{{ n|default("none") }}{% endmacro %}',
}

WHITESPACE_TEMPLATES = [
    '  {% if t %}\n  x\n  {% endif %}\n', 'a\n  {% if t %}\n  x\n  {% endif %} b\n', '\t{# c #}\nx', '  {{ n }}\n', '  {%+ if t %}\n x{% endif %}',
    'x  {% if t %}y{% endif %}', '  {%- if t %}y{% endif %}', '{% for i in l %}\n    {{ i }}\n{% endfor %}\n', '  {% raw %}\n {{ x }}\n  {% endraw %}\n', '\n\n  {% set x = 1 %}\n\n{{ x }}\n',
    '{% if t %}\n\nx{% endif %}\n\n', '   {% if t %}   \nx\n   {% endif %}   \n', '{{ n }}\n\n', 'a\n\n\n',
]


def plain(value):
    if isinstance(value, jinja2.Undefined):
        value._fail_with_undefined_error()
    if isinstance(value, (types.GeneratorType, type({}.items()), type({}.keys()), type({}.values()), itertools.product,
                          map, zip, itertools.zip_longest, itertools.permutations, itertools.combinations, range)) \
            or type(value).__name__ in ('list_reverseiterator', 'reversed', '_GroupTuple'):
        value = tuple(value) if isinstance(value, tuple) else list(value)
    if isinstance(value, tuple):
        return tuple(plain(item) for item in value)
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, str):
        return str.__str__(value) if type(value) is str else ''.join(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (int, float)):
        return value
    raise LookupError('no plain data: ' + type(value).__name__)


def environment(**options):
    env = jinja2.Environment(
        undefined=Undefined, extensions=['jinja2.ext.do', 'jinja2.ext.loopcontrols'],
        loader=jinja2.DictLoader(LOADER), **options)
    for module in (ansible_core, mathstuff, urlsplit, urls):
        for name, function in module.FilterModule().filters().items():
            if name not in ('groupby', 'items', 'default', 'd', 'map', 'select', 'reject', 'selectattr', 'rejectattr'):
                env.filters[name] = function
    for module in (ansible_tests, ansible_math_tests):
        for name, function in module.TestModule().tests().items():
            if name not in ('defined', 'undefined'):
                env.tests[name] = function
    env.filters['normpath'] = os.path.normpath
    env.filters['json_query'] = lambda data, expression: jmespath.search(expression, data)
    env.filters['version_compare'] = ansible_tests.version_compare
    return env


def variables():
    result = json.loads(json.dumps(VARIABLES))
    result['all'] = json.loads(json.dumps(VARIABLES))
    return result


def record(kind, source, run, options=None):
    case = {'kind': kind, 'source': source}
    if options:
        case['options'] = options
    try:
        case['result'] = run()
    except (LookupError, RecursionError) as error:
        if isinstance(error, LookupError) and 'no plain data' in str(error):
            return None
        case['error'] = type(error).__name__
    except Exception as error:
        case['error'] = type(error).__name__
    return case


def main():
    cases = []
    env = environment(keep_trailing_newline=True, trim_blocks=True)

    def evaluate(source):
        def run():
            function = env.compile_expression(source, undefined_to_none=False)
            return repr(plain(function(**variables())))
        return run

    for left, operator, right in itertools.product(OPERANDS, OPERATORS, OPERANDS):
        source = f'{left} {operator} {right}'
        cases.append(record('expression', source, evaluate(source)))
    for source in EXPRESSIONS.strip().split('\n') + ANSIBLE.strip().split('\n'):
        cases.append(record('expression', source, evaluate(source)))

    for query in QUERIES:
        source = 'all | json_query(' + json.dumps(query) + ')'
        cases.append(record('expression', source, evaluate(source)))

    def render(source, options):
        def run():
            return environment(**options).from_string(source).render(**variables())
        return run

    default = {'keep_trailing_newline': True, 'trim_blocks': True}
    for source in TEMPLATES:
        cases.append(record('template', source, render(source, default)))
    for keep, trim, lstrip in itertools.product([False, True], repeat=3):
        options = {'keep_trailing_newline': keep, 'trim_blocks': trim, 'lstrip_blocks': lstrip}
        for source in WHITESPACE_TEMPLATES:
            cases.append(record('template', source, render(source, options), options))

    def template(source):
        def run():
            templar = Templar(loader=DataLoader(), variables=variables())
            return repr(plain(templar.template(trust_as_template(source))))
        return run

    for source in ANSIBLE_TEMPLATES:
        if not any(tag in source for tag in NOT_IN_ANSIBLE):
            cases.append(record('ansible', source, template(source)))

    cases = [case for case in cases if case]
    with open(os.path.join(HERE, 'vectors.jsonl'), 'w', encoding='utf-8') as file:
        head = {'jinja2': jinja2.__version__, 'ansible': ansible.release.__version__, 'variables': variables(),
                'loader': LOADER}
        for line in [head] + cases:
            file.write(json.dumps(line, ensure_ascii=False) + '\n')
    print(len(cases), 'cases,', sum('error' in case for case in cases), 'of them errors')


if __name__ == '__main__':
    main()
