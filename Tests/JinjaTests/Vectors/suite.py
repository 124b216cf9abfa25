#!/usr/bin/env python3
"""Runs Jinja2's own test suite and records what it renders, as vectors for the tests.

    pip download --no-binary :all: --no-deps jinja2==3.1.6 && tar xf jinja2-3.1.6.tar.gz
    python3 -m venv venv && venv/bin/pip install jinja2==3.1.6 pytest trio
    venv/bin/python suite.py jinja2-3.1.6/tests

writes suite.jsonl beside itself. Each line is a template that a test of the suite renders: `test`, `kind` (template or
expression), `source`, `options` of the environment, `variables`, `loader`, and `result`, or `error` (the class of the
exception). The undefined value is Ansible's strict one wherever a test asks for no other. A test which renders something
that is no data (functions of Python, own filters, extensions) has `skipped` instead, with the reason; one that renders
nothing has the reason of its file.
"""
import json
import os
import sys

import jinja2
import jinja2.environment
import jinja2.sandbox
import pytest

HERE = os.path.dirname(os.path.abspath(__file__))

# What the files of the suite are about that is no language of templates.
FILES = {
    'test_api': "the Python interface (environments, undefined types, streams)",
    'test_async': "Python's async interface", 'test_async_filters': "Python's async interface",
    'test_bytecode_cache': "the cache of Python's byte code", 'test_compile': "the code generated in Python",
    'test_core_tags': 'tags', 'test_debug': "Python's tracebacks",
    'test_ext': 'extensions written in Python, translations (i18n), autoescape',
    'test_filters': 'filters', 'test_idtracking': "the compiler's table of symbols", 'test_imports': 'imports',
    'test_inheritance': 'inheritance', 'test_lexnparse': "the lexer's Python interface",
    'test_loader': 'loaders written in Python', 'test_nativetypes': 'native types',
    'test_nodes': "Python's syntax tree", 'test_pickle': "Python's pickle", 'test_regression': 'regressions',
    'test_runtime': "Python's loop and macro objects", 'test_security': "Python's attributes in the sandbox",
    'test_tests': 'tests', 'test_utils': "utilities of the Python package",
}

OPTIONS = {
    'block_start_string': '{%', 'block_end_string': '%}', 'variable_start_string': '{{', 'variable_end_string': '}}',
    'comment_start_string': '{#', 'comment_end_string': '#}', 'line_statement_prefix': None,
    'line_comment_prefix': None, 'trim_blocks': False, 'lstrip_blocks': False, 'newline_sequence': '\n',
    'keep_trailing_newline': False,
}
KNOWN_EXTENSIONS = {'jinja2.ext.ExprStmtExtension', 'jinja2.ext.LoopControlExtension'}
DEFAULTS = jinja2.Environment()
FILTERS, TESTS, GLOBALS = dict(DEFAULTS.filters), dict(DEFAULTS.tests), dict(DEFAULTS.globals)

current, records, skipped, ran = [None], [], {}, []


class Inexpressible(Exception):
    pass


def data(value, what):
    """Plain data, or Inexpressible."""
    if value is None or isinstance(value, (bool, int, float)) or type(value) is str:
        return value
    if isinstance(value, (list, tuple)):
        return [data(item, what) for item in value]
    if isinstance(value, range):
        return list(value)
    if isinstance(value, dict):
        if not all(type(key) is str for key in value):
            raise Inexpressible(f'{what} holds keys that are no text')
        return {key: data(item, what) for key, item in value.items()}
    raise Inexpressible(f'{what} is a Python object')


class Strict(jinja2.StrictUndefined):
    """Ansible's: strict, but attributes of what is undefined are undefined too."""

    def __getattr__(self, name):
        if name.startswith('__'):
            raise AttributeError(name)
        return self

    def __getitem__(self, name):
        return self


def options(env):
    for extension in env.extensions:
        if extension not in KNOWN_EXTENSIONS:
            raise Inexpressible(f'the extension {extension.rsplit(".", 1)[-1]} is written in Python')
    for name, table, known in (('filter', env.filters, FILTERS), ('test', env.tests, TESTS)):
        for key in table:
            if table[key] is not known.get(key):
                raise Inexpressible(f'the {name} {key} is written in Python')
    if env.finalize is not None:
        raise Inexpressible('finalize is written in Python')
    if env.autoescape is not False:
        raise Inexpressible('autoescape is on')
    if not issubclass(env.undefined, jinja2.StrictUndefined):
        raise Inexpressible(f'another undefined type: {env.undefined.__name__}')
    if env.is_async:
        raise Inexpressible("Python's async interface")
    if isinstance(env, jinja2.sandbox.SandboxedEnvironment):
        raise Inexpressible('the sandbox guards attributes of Python objects')
    if type(env).__name__ == 'NativeEnvironment':
        raise Inexpressible('native types as Python literals: Ansible has rules of its own')
    return {key: getattr(env, key) for key, usual in OPTIONS.items() if getattr(env, key) != usual}


def templates(env):
    loader = env.loader
    if loader is None:
        return {}
    if not isinstance(loader, jinja2.DictLoader):
        raise Inexpressible(f'{type(loader).__name__} is a loader written in Python')
    return data(loader.mapping, 'the loader')


def global_data(env):
    return {key: data(value, f'the global {key}') for key, value in env.globals.items()
            if value is not GLOBALS.get(key)}


def note(kind, env, source, variables, run, more=None):
    """Runs, records, gives on."""
    case = {'test': current[0], 'kind': kind, 'source': source}
    try:
        case['options'] = options(env)
        case['loader'] = templates(env)
        case['variables'] = {**global_data(env), **data(more or {}, 'a global'), **data(variables, 'a variable')}
        if type(source) is not str:
            raise Inexpressible('the source is no text')
    except Inexpressible as reason:
        if current[0]:
            skipped.setdefault(current[0], str(reason))
        return run()
    try:
        result = run()
        case['result'] = result if kind == 'template' else repr(result)
        return result
    except Exception as error:
        case['error'] = type(error).__name__
        raise
    finally:
        if current[0] and case not in records:
            records.append(case)


def patch():
    init, from_string, get_template = (
        jinja2.Environment.__init__, jinja2.Environment.from_string, jinja2.Environment.get_template)
    render, compile_expression = jinja2.Template.render, jinja2.Environment.compile_expression

    def new_init(self, *given, **named):
        if len(given) < 15:
            named.setdefault('undefined', Strict)
        init(self, *given, **named)

    def new_from_string(self, source, globals=None, template_class=None):
        def make():
            return from_string(self, source, globals, template_class)
        try:
            template = make()
        except jinja2.TemplateSyntaxError:
            return note('template', self, source, {}, make)
        template._source, template._more = source, globals
        return template

    def new_get_template(self, name, parent=None, globals=None):
        template = get_template(self, name, parent, globals)
        if isinstance(self.loader, jinja2.DictLoader) and type(name) is str:
            template._source, template._more = self.loader.mapping.get(name), globals
        return template

    def new_render(self, *given, **named):
        source = getattr(self, '_source', None)
        return note('template', self.environment, source, dict(*given, **named),
                    lambda: render(self, *given, **named), getattr(self, '_more', None))

    def new_compile_expression(self, source, undefined_to_none=True):
        function = compile_expression(self, source, undefined_to_none)

        def evaluate(*given, **named):
            return note('expression', self, source, dict(*given, **named), lambda: function(*given, **named))
        return evaluate

    jinja2.Environment.__init__ = new_init
    jinja2.Environment.from_string = new_from_string
    jinja2.Environment.get_template = new_get_template
    jinja2.Template.render = new_render
    jinja2.Environment.compile_expression = new_compile_expression
    new_template = jinja2.Template.__new__

    def template(cls, source, *given, **named):
        made = new_template(cls, source, *given, **named)
        made._source = source
        return made
    jinja2.Template.__new__ = template


class Plugin:
    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item):
        current[0] = item.nodeid.split('tests/')[-1]
        ran.append(current[0])
        yield
        current[0] = None


def main():
    patch()
    pytest.main(['-q', '--no-header', '-p', 'no:cacheprovider', '--tb=no', sys.argv[1]],
                plugins=[Plugin()])
    kept = {case['test'] for case in records}
    for test in ran:
        if test not in kept:
            file = test.split('.py')[0].split('/')[-1]
            skipped.setdefault(test, FILES[file])
    with open(os.path.join(HERE, 'suite.jsonl'), 'w', encoding='utf-8') as file:
        for case in records:
            file.write(json.dumps({key: value for key, value in case.items() if value != {}},
                                  ensure_ascii=True) + '\n')
        for test in ran:
            if test in skipped and test not in kept:
                file.write(json.dumps({'test': test, 'skipped': skipped[test]}) + '\n')
    print(len(ran), 'tests,', len(records), 'templates of', len(kept), 'tests,', len(ran) - len(kept), 'skipped')


if __name__ == '__main__':
    main()
