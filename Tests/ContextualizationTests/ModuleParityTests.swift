import Foundation
import Support
import Testing

@testable import Contextualization

/// What modules and lookups do in playbooks, as a comparison with ansible-core 2.19 found it.
@Suite struct ModuleParityTests {
    @Test("The machine's own facts keep their prefix among the facts")
    func ownFacts() async throws {
        let trial = try await PlaybookTrial(
            """
            - hosts: a
              tasks:
                - setup: {fact_path: "{{ playbook_dir }}"}
                - debug: msg="{{ ansible_local.one.x }} {{ ansible_facts.ansible_local.one.x }}"
                - debug: msg="{{ ansible_facts.local is defined }} {{ ansible_facts.ansible_system is defined }}"
                - debug: msg="{{ hostvars.a.ansible_local.one.x }} {{ vars.ansible_local.one.x }}"
            """, files: ["one.fact": #"{"x": 4711}"#])
        #expect(trial.summaries().suffix(3) == ["4711 4711", "False False", "4711 4711"])
    }

    @Test("lookup('ini') interpolates as Python does")
    func iniLookup() async throws {
        let trial = try await PlaybookTrial(
            """
            - hosts: a
              tasks:
                - debug: msg="{{ lookup('ini', 'path', section='s', file='t.ini') }}"
                - debug: msg="{{ lookup('ini', 'path', section='s', file='t.ini', interpolation=false) }}"
                - debug: msg="{{ query('ini', 'p.*', section='s', file='t.ini', re=true) }}"
                - debug: msg="{{ lookup('ini', 'Half', section='t', file='t.ini') }}"
                - debug: msg="{{ lookup('ini', 'bad', section='t', file='t.ini') }}"
                  ignore_errors: true
                - debug: msg="{{ lookup('ini', 'x', section='nowhere', file='t.ini') }}"
                  ignore_errors: true
                - debug: msg="{{ lookup('ini', 'none', section='s', file='t.ini', default='d') }}"
                - debug: msg="{{ lookup('ini', 'a.b', type='properties', file='t.properties') }}"
            """,
            files: [
                "t.ini": "[s]\nbase = /srv\npath = %(base)s/x\nport: 80\n[t]\nhalf = 50%%\nbad = 50%\n",
                "t.properties": "a.b = 7\n",
            ])
        let said = trial.summaries()
        #expect(said.count == 8, "\(said)")
        #expect(said.prefix(4) == ["/srv/x", "%(base)s/x", "['/srv/x', '80']", "50%"])
        #expect(said.dropFirst(4).first?.contains("'%' must be followed by '%' or '(', found: '%'") == true)
        #expect(said.dropFirst(5).first?.contains("No section 'nowhere' in 't.ini'.") == true)
        #expect(said.suffix(2) == ["d", "7"])
    }

    /// The bytes of a file beside the playbook.
    private static func bytes(_ name: String, _ trial: PlaybookTrial) -> [UInt8] {
        FileManager.default.contents(atPath: trial.project.root + "/" + name).map(Array.init) ?? []
    }

    private static func text(_ name: String, _ trial: PlaybookTrial) -> String {
        String(decoding: bytes(name, trial), as: UTF8.self)
    }

    @Test("What is encrypted stays so where a task says so")
    func decryption() async throws {
        let vault = Vault(passwords: [("default", Secret("open sesame"))])
        let secret = try vault.encrypt(Array("treasure\n".utf8))
        let script = try vault.encrypt(Array("echo treasure\n".utf8))
        let trial = try await PlaybookTrial(
            """
            - hosts: a
              tasks:
                - copy: {src: s.txt, dest: "{{ playbook_dir }}/plain"}
                - copy: {src: s.txt, dest: "{{ playbook_dir }}/sealed", decrypt: false}
                - copy: {src: d, dest: "{{ playbook_dir }}/e", decrypt: "{{ false }}"}
                - script: x.sh
                  register: r
                - debug: msg="{{ r.stdout }}"
                - script: {cmd: x.sh, decrypt: false}
                  ignore_errors: true
                  register: r
                - debug: msg="{{ r.rc }} {{ 'treasure' in r.stderr }}"
            """, files: ["s.txt": secret, "d/s.txt": secret, "x.sh": script], hosts: "a ansible_host=10.0.0.1\n"
        ) { $0.vault = vault }
        #expect(Self.text("plain", trial) == "treasure\n")
        #expect(Self.text("sealed", trial) == secret)
        #expect(Self.text("e/d/s.txt", trial) == secret)
        #expect(trial.summaries().contains("treasure"))
        #expect(trial.summaries().last == "127 False", "\(trial.summaries())")
    }

    @Test("What is encrypted need not be a text to be sent")
    func encryptedBytes() async throws {
        let vault = Vault(passwords: [("default", Secret("open sesame"))])
        let plain: [UInt8] = [0x30, 0x82, 0xff, 0x00, 0x0a]
        let trial = try await PlaybookTrial(
            """
            - hosts: a
              tasks:
                - copy: {src: s.p12, dest: "{{ playbook_dir }}/plain"}
                - copy: {src: d/, dest: "{{ playbook_dir }}/e"}
            """, files: ["s.p12": try vault.encrypt(plain), "d/s.p12": try vault.encrypt(plain)],
            hosts: "a ansible_host=10.0.0.1\n"
        ) { $0.vault = vault }
        #expect(Self.bytes("plain", trial) == plain && Self.bytes("e/s.p12", trial) == plain, "\(trial.summaries())")
    }

    @Test("Variables out of a vault are shown to nobody; depth counts folders")
    func includedVault() async throws {
        let vault = Vault(passwords: [("default", Secret("open sesame"))])
        let secret = try vault.encrypt(Array("pin: treasure\n".utf8))
        let trial = try await PlaybookTrial(
            """
            - hosts: a
              tasks:
                - include_vars: s.yml
                - include_vars: {dir: v}
                - include_vars: {dir: w, depth: 1}
                - debug: msg="{{ pin | length }} {{ x }} {{ y | default('none') }}"
                - include_vars: {dir: w, depth: 2}
                - debug: msg="{{ x }} {{ y }} {{ z | default('none') }}"
            """,
            files: [
                "s.yml": secret, "v/s.yml": secret, "w/a.yml": "{x: 1}", "w/b/c.yml": "{x: 2, y: 3}",
                "w/b/b/c.yml": "{z: 3}",
            ], hosts: "a ansible_host=10.0.0.1\n", verbosity: 2
        ) { $0.vault = vault }
        #expect(trial.summaries().suffix(2) == ["8 1 none", "2 3 none"], "\(trial.summaries())")
        let printed = trial.lines.joined(separator: "\n")
        #expect(!printed.contains("treasure") && printed.contains("censored"), "\(printed)")
        let results = trial.log.all.map { "\($0)" }.joined()
        #expect(results.contains("censored"))
    }

    @Test("Newlines of a template's own text, and the encoding of what results")
    func templateText() async throws {
        let trial = try await PlaybookTrial(
            """
            - hosts: a
              vars: {v: "x\\ny"}
              tasks:
                - template: {src: t.j2, dest: "{{ playbook_dir }}/crlf", newline_sequence: "\\r\\n"}
                - template: {src: t.j2, dest: "{{ playbook_dir }}/cr", newline_sequence: '\\r'}
                - template: {src: h.j2, dest: "{{ playbook_dir }}/own", newline_sequence: "\\r\\n"}
                - template: {src: p.j2, dest: "{{ playbook_dir }}/words", newline_sequence: "\\r\\n"}
                - template: {src: t.j2, dest: "{{ playbook_dir }}/latin", output_encoding: latin-1}
                - template: {src: t.j2, dest: "{{ playbook_dir }}/wide", output_encoding: utf-16}
                - template: {src: t.j2, dest: "{{ playbook_dir }}/ascii", output_encoding: ascii}
                  ignore_errors: true
                - template: {src: t.j2, dest: "{{ playbook_dir }}/none", output_encoding: "{{ 'cp' ~ 1252 }}"}
                  ignore_errors: true
            """,
            files: [
                "p.j2": "a\nb\n", "t.j2": "é{{ v }}\nb\n",
                "h.j2": "#jinja2: variable_start_string: '[[', variable_end_string: ']]'\n[[ v ]]\n",
            ], hosts: "a ansible_host=10.0.0.1\n")
        #expect(Self.text("crlf", trial) == "éx\ny\r\nb\r\n")
        // As Ansible, which counts line feeds at the end.
        #expect(Self.text("cr", trial) == "éx\ny\rb\r")
        #expect(Self.text("own", trial) == "x\ny\r\n")
        #expect(Self.text("words", trial) == "a\nb\n")
        #expect(Self.bytes("latin", trial) == [0xe9] + Array("x\ny\nb\n".utf8))
        #expect(Self.bytes("wide", trial) == [0xff, 0xfe, 0xe9, 0] + Array("x\ny\nb\n".utf8).flatMap { [$0, 0] })
        let said = trial.summaries().suffix(2)
        #expect(
            said.first?.contains(
                "'ascii' codec can't encode character '\\xe9' in position 0: ordinal not in range(128)") == true,
            "\(said)")
        #expect(said.last?.contains("value of output_encoding must be one of: ") == true, "\(said)")
    }

    @Test("An encoding that is not known is refused before anything runs")
    func unknownEncoding() async throws {
        let error = await #expect(throws: (any Error).self) {
            _ = try await PlaybookTrial(
                """
                - hosts: a
                  tasks:
                    - template: {src: t.j2, dest: /tmp/none, output_encoding: cp1252}
                """, files: ["t.j2": "x\n"])
        }
        let words = error.map { "\($0)" } ?? ""
        #expect(words.contains("output_encoding 'cp1252' is not supported: utf-8, "), "\(words)")
    }
}
