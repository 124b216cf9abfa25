import CLibSSH

/// Owns a key of libssh, in memory only.
@safe struct KeyHandle: ~Copyable {
    // Valid from init to deinit.
    let raw: ssh_key

    init(owning raw: ssh_key) {
        unsafe self.raw = raw
    }

    deinit {
        unsafe ssh_key_free(raw)
    }

    /// A private key from OpenSSH's or PEM text without a passphrase; nil when it cannot be read.
    init?(privateText: String) {
        var key: ssh_key?
        // libssh wants the last line to end.
        let text = privateText.hasSuffix("\n") ? privateText : privateText + "\n"
        guard unsafe ssh_pki_import_privkey_base64(text, nil, nil, nil, &key) == SSH_OK, let key = unsafe key else {
            return nil
        }
        unsafe raw = key
    }

    /// A public key from `TYPE BASE64`, with or without a comment; nil when it is none.
    init?(publicLine: String) {
        let words = publicLine.split(separator: " ")
        guard words.count >= 2 else { return nil }
        let type = unsafe ssh_key_type_from_name(String(words[0]))
        var key: ssh_key?
        guard unsafe ssh_pki_import_pubkey_base64(String(words[1]), type, &key) == SSH_OK, let key = unsafe key else {
            return nil
        }
        unsafe raw = key
    }

    /// A new Ed25519 pair; nil when the random source fails.
    static func generate() -> KeyHandle? {
        var key: ssh_key?
        guard unsafe ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &key) == SSH_OK, let key = unsafe key else { return nil }
        return unsafe KeyHandle(owning: key)
    }

    /// `TYPE BASE64` of the public part.
    var publicLine: String? {
        var text: UnsafeMutablePointer<CChar>?
        guard unsafe ssh_pki_export_pubkey_base64(raw, &text) == SSH_OK, let text = unsafe text else { return nil }
        defer { unsafe ssh_string_free_char(text) }
        guard let type = unsafe ssh_key_type_to_char(ssh_key_type(raw)) else { return nil }
        return unsafe String(cString: type) + " " + String(cString: text)
    }

    /// OpenSSH's text of the private part.
    var privateText: String? {
        var text: UnsafeMutablePointer<CChar>?
        guard unsafe ssh_pki_export_privkey_base64(raw, nil, nil, nil, &text) == SSH_OK, let text = unsafe text else {
            return nil
        }
        defer { unsafe ssh_string_free_char(text) }
        return unsafe String(cString: text)
    }

    /// `SHA256:…` as `ssh-keygen -l` prints it.
    var fingerprint: String? {
        var hash: UnsafeMutablePointer<UInt8>?
        var length = 0
        guard unsafe ssh_get_publickey_hash(raw, SSH_PUBLICKEY_HASH_SHA256, &hash, &length) == 0,
            let bytes = unsafe hash
        else { return nil }
        defer { unsafe ssh_clean_pubkey_hash(&hash) }
        guard let text = unsafe ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, bytes, length) else { return nil }
        defer { unsafe ssh_string_free_char(text) }
        return unsafe String(cString: text)
    }
}
