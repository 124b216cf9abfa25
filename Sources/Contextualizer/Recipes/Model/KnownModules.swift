/// Modules that Ansible and much used collections have: a name among them is no misspelling of another one.
enum KnownModules {
    static func contains(_ module: String) -> Bool {
        // Of a collection that is named nothing is known.
        module.utf8.contains(UInt8(ascii: ".")) || names.contains(module)
    }

    private static let names = Set(
        """
        acl add_host alternatives apk apt apt_key apt_repository apt_rpm archive assemble assert async_status at
        authorized_key blockinfile bower capabilities cloudformation command composer copy cpanm cron cronvar
        crypttab debconf debug deb822_repository dnf dnf5 docker_compose docker_container docker_image docker_login
        docker_network docker_volume dpkg_selections easy_install ec2 expect fail fetch file filesystem find firewalld
        flatpak gather_facts gem get_url getent git git_config github_key group group_by haproxy helm homebrew hostname
        htpasswd import_playbook import_role import_tasks include_role include_tasks include_vars ini_file
        interfaces_file iptables java_cert java_keystore k8s kernel_blacklist known_hosts ldap_entry lineinfile
        locale_gen lvg lvol mail make maven_artifact meta modprobe mongodb_user mount mount_facts mysql_db mysql_user
        mysql_variables nmcli npm openssl_certificate openssl_csr openssl_dhparam openssl_privatekey package
        package_facts pacman pam_limits parted patch pause ping pip postgresql_db postgresql_privs postgresql_user
        rabbitmq_user raw reboot redhat_subscription replace rpm_key s3 script seboolean sefcontext selinux service
        service_facts set_fact set_stats setup shell slack slurp snap stat subversion supervisorctl svn synchronize
        sysctl systemd systemd_service sysvinit tempfile template terraform timezone ufw unarchive unzip uri user
        validate_argument_spec wait_for wait_for_connection x509_certificate xattr xml yarn yum yum_repository zypper
        zypper_repository
        """.split(whereSeparator: \.isWhitespace).map(String.init))
}
