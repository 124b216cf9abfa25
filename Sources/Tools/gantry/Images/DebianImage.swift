import Foundation
import Support

/// A small image of Debian, made by mmdebstrap.
struct DebianImage: Sendable, Hashable {
    var suite: String
    var mirror: String?
    /// More of them, with commas.
    var packages: String?

    /// Of an image as it is asked for.
    var cachePath: String {
        let environment = ProcessInfo.processInfo.environment
        let cache = environment["XDG_CACHE_HOME"] ?? (environment["HOME"] ?? "/var/tmp") + "/.cache"
        let more = packages.map { "-" + $0.replacing(",", with: "-") } ?? ""
        return "\(cache)/gantry/images/debian-\(suite)-amd64\(more).qcow2"
    }

    /// Makes it, in place of a file that is there.
    func command(_ path: String) -> ChildCommand {
        var environment = ProcessInfo.processInfo.environment
        environment["SUITE"] = suite
        environment["MIRROR"] = mirror ?? ""
        environment["MORE"] = packages.map { ",\($0)" } ?? ""
        environment["IMAGE"] = path
        // Of an ordinary user they are not in the way of programs.
        environment["PATH"] = (environment["PATH"] ?? "/usr/bin:/bin") + ":/usr/sbin:/sbin"
        return ChildCommand(["/bin/sh", "-eu", "-c", Self.program], environment: environment)
    }

    /// The root file system is made within mmdebstrap's own namespace, where files have their owners; the disk around it
    /// needs no loop device: one partition for a BIOS and for UEFI, which boot kernel and initrd from it, and one for Debian.
    static let program = ###"""
        missing=
        while read -r program package; do
            command -v "$program" >/dev/null || missing="$missing $package"
        done <<END
        mmdebstrap mmdebstrap
        mkfs.ext4 e2fsprogs
        sfdisk fdisk
        mformat mtools
        syslinux syslinux
        qemu-img qemu-utils
        END
        [ -e /usr/lib/SYSLINUX/mbr.bin ] || missing="$missing syslinux-common"
        [ "$(id -u)" = 0 ] || command -v newuidmap >/dev/null || missing="$missing uidmap"
        [ -z "$missing" ] || { echo "gantry: install first: apt install$missing" >&2; exit 1; }
        if [ -z "$MIRROR" ] && command -v apt-get >/dev/null; then
            MIRROR=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT) $(RELEASE) $(CODENAME)' 'Created-By: Packages' |
                awk -v s="$SUITE" '$2 == "main" && ($3 == s || $4 == s) && !n++ { print $1 }')
        fi

        # The namespace's root is another user, who writes below a name that nobody knows.
        work=$(mktemp -d)
        trap 'rm -rf "$work"' EXIT
        trap 'exit 130' INT
        trap 'exit 143' TERM
        chmod 711 "$work"
        place=$work/$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')
        mkdir "$place"
        chmod 777 "$place"
        cat >"$place/setup" <<'END'
        set -eu
        root=$1 place=$2
        rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/* "$root"/etc/ssh/ssh_host_*
        : >"$root/etc/machine-id"
        echo debian >"$root/etc/hostname"
        cat >"$root/etc/fstab" <<TABLE
        LABEL=root / ext4 noatime,errors=remount-ro 0 1
        LABEL=GANTRYBOOT /boot/firmware vfat umask=0077,nofail 0 2
        TABLE
        mkdir -p "$root/boot/firmware" "$root/etc/initramfs/post-update.d"
        # A new kernel is booted next time.
        cat >"$root/etc/initramfs/post-update.d/gantry" <<'HOOK'
        #!/bin/sh
        mountpoint -q /boot/firmware || exit 0
        cp -L /vmlinuz /boot/firmware/vmlinuz && cp -L /initrd.img /boot/firmware/initrd
        HOOK
        chmod 755 "$root/etc/initramfs/post-update.d/gantry"
        cat >"$root/etc/cloud/cloud.cfg.d/90_gantry.cfg" <<CLOUD
        datasource_list: [NoCloud, ConfigDrive, None]
        ssh_genkeytypes: [ed25519]
        apt: {preserve_sources_list: true}
        locale: false
        growpart: {devices: ["/"]}
        CLOUD
        for unit in apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer; do
            ln -sf /dev/null "$root/etc/systemd/system/$unit"
        done
        chroot "$root" systemctl -q enable systemd-networkd ssh
        chroot "$root" systemctl -q enable systemd-resolved 2>/dev/null || true
        cat "$root"/boot/vmlinuz-* >"$place/vmlinuz"
        cat "$root"/boot/initrd.img-* >"$place/initrd"
        cp "$root/usr/lib/systemd/boot/efi/systemd-bootx64.efi" "$place/boot.efi"
        # Without what is mounted there while this runs.
        mkdir "$place/tree"
        mount --bind "$root" "$place/tree"
        size=$(($(du -sm "$place/tree" | cut -f1) * 12 / 10 + 150))
        mkfs.ext4 -q -F -L root -d "$place/tree" "$place/root" "${size}M" >&2
        umount "$place/tree"
        rmdir "$place/tree"
        chmod 644 "$place"/*
        END
        set -- --variant=minbase --format=null \
            --aptopt='APT::Install-Recommends "false"' --dpkgopt='path-exclude=/usr/share/doc/*' \
            --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
            --include=linux-image-cloud-amd64,initramfs-tools,systemd-sysv,systemd-boot-efi,udev,dbus,kmod \
            --include=openssh-server,cloud-init,cloud-guest-utils,netbase,iproute2,sudo,systemd-resolved,fdisk \
            --include="ca-certificates,qemu-guest-agent$MORE" \
            --customize-hook="sh '$place/setup' \"\$1\" '$place'" "$SUITE" /dev/null
        [ -z "$MIRROR" ] || set -- "$@" "$MIRROR"
        mmdebstrap -q "$@" >&2

        firmware=$(((($(wc -c <"$place/vmlinuz") + $(wc -c <"$place/initrd")) * 2) / 1048576 + 16))
        size=$(($(wc -c <"$place/root") / 1048576))
        raw=$work/raw
        truncate -s "$((1 + firmware + size + 1))M" "$raw"
        printf 'label: dos\n2048,%dM,e,*\n%d,%dM,83\n' "$firmware" $((2048 + firmware * 2048)) "$size" | sfdisk -q "$raw"
        dd if=/usr/lib/SYSLINUX/mbr.bin of="$raw" conv=notrunc bs=440 count=1 status=none
        export MTOOLS_SKIP_CHECK=1
        disk=$raw@@1M
        mformat -i "$disk" -v GANTRYBOOT -T $((firmware * 2048)) -h 64 -s 32 -H 2048 ::
        words='root=LABEL=root ro console=tty0 console=ttyS0 quiet net.ifnames=0'
        printf 'DEFAULT l\nPROMPT 0\nTIMEOUT 0\nLABEL l\n KERNEL /vmlinuz\n INITRD /initrd\n APPEND %s\n' "$words" >"$work/syslinux"
        printf 'timeout 0\ndefault debian\n' >"$work/loader"
        printf 'title Debian\nlinux /vmlinuz\ninitrd /initrd\noptions %s\n' "$words" >"$work/entry"
        mmd -i "$disk" ::/EFI ::/EFI/BOOT ::/loader ::/loader/entries
        mcopy -i "$disk" "$place/vmlinuz" ::/vmlinuz
        mcopy -i "$disk" "$place/initrd" ::/initrd
        mcopy -i "$disk" "$place/boot.efi" ::/EFI/BOOT/BOOTX64.EFI
        mcopy -i "$disk" "$work/syslinux" ::/syslinux.cfg
        mcopy -i "$disk" "$work/loader" ::/loader/loader.conf
        mcopy -i "$disk" "$work/entry" ::/loader/entries/debian.conf
        syslinux -t 1048576 -i "$raw"
        dd if="$place/root" of="$raw" conv=notrunc,sparse bs=1M seek=$((1 + firmware)) status=none
        qemu-img convert -O qcow2 -c "$raw" "$IMAGE.new"
        mv "$IMAGE.new" "$IMAGE"
        """###
}
