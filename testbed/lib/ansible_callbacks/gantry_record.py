"""Writes what a playbook did as one JSON document, in the form of `gantry recipe run --json`, to $GANTRY_RECORD."""
import json
import os

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: gantry_record
type: stdout
short_description: results of all tasks as JSON
description: [Results of all tasks as JSON.]
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = 'stdout'
    CALLBACK_NAME = 'gantry_record'

    def __init__(self):
        super().__init__()
        self.plays, self.messages = [], []

    def v2_playbook_on_play_start(self, play):
        self.plays.append({'play': {'name': play.get_name().strip()}, 'tasks': []})

    def v2_playbook_on_handler_task_start(self, task):
        # A handler that runs again is told apart.
        for known in self.plays[-1]['tasks']:
            if known['task']['id'] == str(task._uuid):
                known['task']['id'] += ' before'

    def _task(self, task):
        for known in self.plays[-1]['tasks']:
            if known['task']['id'] == str(task._uuid):
                return known
        self.plays[-1]['tasks'].append({'task': {'name': task.get_name().strip(), 'id': str(task._uuid)}, 'hosts': {}})
        return self.plays[-1]['tasks'][-1]

    def _note(self, result, status):
        data = dict(json.loads(self._dump_results(result._result, indent=0, sort_keys=False, keep_invocation=False)))
        data['_gantry_status'] = status
        data['action'] = str(result._task.action)
        self._task(result._task)['hosts'][result._host.get_name()] = data

    def v2_runner_on_ok(self, result):
        if result._task.action.split('.')[-1] in ('include_tasks', 'include_role', 'meta'):
            return
        self._note(result, 'changed' if result._result.get('changed') else 'ok')

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._note(result, 'ignored' if ignore_errors else 'failed')

    def v2_runner_on_skipped(self, result):
        self._note(result, 'skipped')

    def v2_runner_on_unreachable(self, result):
        self._note(result, 'unreachable')

    def v2_playbook_on_no_hosts_matched(self):
        self.messages.append('skipping: no hosts matched')

    def v2_playbook_on_stats(self, stats):
        summary = {host: stats.summarize(host) for host in sorted(stats.processed)}
        with open(os.environ['GANTRY_RECORD'], 'w', encoding='utf-8') as file:
            json.dump({'plays': self.plays, 'stats': summary, 'messages': self.messages}, file)
