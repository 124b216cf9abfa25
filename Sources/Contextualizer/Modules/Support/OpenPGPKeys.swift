/// Shell functions that look at OpenPGP keys without gpg.
enum OpenPGPKeys {
    /// `kr FILE` puts the packets of a key, armored or not, into `$GANTRY_FILES/kr`. `fpr FILE` sets `fp` to the
    /// fingerprints of the primary keys (version 4) in a file, 40 capital hexadecimal digits each, in its order; it fails
    /// for a file that holds none.
    static let functions = #"""
        kr(){ if grep -q 'BEGIN PGP PUBLIC KEY BLOCK' "$1" 2>/dev/null;then awk '/^-----BEGIN/{b=1;next}/^-----END/{b=0}b==1&&/^\r?$/{b=2;next}b==2&&!/^=/{print}' "$1"|tr -d '\r'|base64 -d >"$GANTRY_FILES/kr" 2>/dev/null;else cat "$1" >"$GANTRY_FILES/kr" 2>/dev/null;fi; }
        fpr(){ kr "$1";fp=
        for zx in $(od -An -v -tu1 "$GANTRY_FILES/kr"|awk '{for(i=1;i<=NF;i++)b[n++]=$i}END{i=0;while(i<n){t=b[i];if(t<128)exit
        if(t>=192){g=t-192;l=b[i+1];h=2;if(l>=192&&l<224){l=(l-192)*256+b[i+2]+192;h=3}else if(l==255){l=b[i+3]*65536+b[i+4]*256+b[i+5];h=6}else if(l>=224)exit}
        else{g=int((t-128)/4);z=t%4;if(z==3)exit;l=b[i+1];h=2;if(z==1){l=l*256+b[i+2];h=3}if(z==2){l=b[i+2]*65536+b[i+3]*256+b[i+4];h=5}}
        if(g==6&&b[i+h]==4)print i+h+1":"l;i+=h+l}}');do zl=${zx#*:}
        zs=$({ printf "\\231\\$(printf %03o $((zl/256)))\\$(printf %03o $((zl%256)))";tail -c +${zx%:*} "$GANTRY_FILES/kr"|head -c $zl; }|sha1sum)
        fp="$fp${fp:+ }$(printf %s "${zs%% *}"|tr a-f A-F)";done;[ -n "$fp" ]; }

        """#
}
