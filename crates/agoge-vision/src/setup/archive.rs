//! Reads the files of a gzipped tar archive, as npm packs them.

use std::io::{Error, ErrorKind, Read, Result};

/// Block size of a tar archive, bytes.
const BLOCK: usize = 512;

/// Calls `take` with the name and content of each regular file of a `.tgz` no longer than `most`
/// bytes (POSIX.1-1988 `ustar`: name, octal size at byte 124, type at 156).
pub(super) fn for_each_file(
    tgz: impl Read,
    most: u64,
    mut take: impl FnMut(&str, Vec<u8>) -> Result<()>,
) -> Result<()> {
    let mut tar = flate2::read::GzDecoder::new(tgz);
    let mut header = [0u8; BLOCK];
    loop {
        tar.read_exact(&mut header)?;
        if header.iter().all(|&byte| byte == 0) {
            return Ok(());
        }
        let text = |range: std::ops::Range<usize>| {
            let field = header[range].split(|&byte| byte == 0).next().unwrap_or_default();
            String::from_utf8_lossy(field).trim().to_owned()
        };
        let broken = |what| Error::new(ErrorKind::InvalidData, what);
        let size = u64::from_str_radix(&text(124..136), 8)
            .map_err(|_| broken("a file of no size in the archive"))?;
        let padded = size.next_multiple_of(BLOCK as u64);
        if !matches!(header[156], 0 | b'0') || size > most {
            std::io::copy(&mut tar.by_ref().take(padded), &mut std::io::sink())?;
            continue;
        }
        let mut content = Vec::new();
        tar.by_ref().take(padded).read_to_end(&mut content)?;
        if (content.len() as u64) < padded {
            return Err(broken("the archive ends too early"));
        }
        content.truncate(usize::try_from(size).map_err(|_| broken("a file too large"))?);
        take(&text(0..100), content)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn make_tgz(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        for (name, content) in files {
            let mut header = [0u8; BLOCK];
            header[..name.len()].copy_from_slice(name.as_bytes());
            header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
            header[156] = b'0';
            out.write_all(&header).unwrap();
            out.write_all(content).unwrap();
            out.write_all(&vec![0; content.len().next_multiple_of(BLOCK) - content.len()]).unwrap();
        }
        out.write_all(&[0; 2 * BLOCK]).unwrap();
        out.finish().unwrap()
    }

    #[test]
    fn files_come_out_as_they_went_in_and_a_cut_is_an_error() {
        let long = vec![7u8; 1500];
        let packed =
            make_tgz(&[("package/a", b"one"), ("package/b", &long), ("package/empty", b"")]);
        let mut found = Vec::new();
        for_each_file(&packed[..], 1000, |name, content| {
            found.push((name.to_owned(), content.len()));
            Ok(())
        })
        .unwrap();
        assert_eq!(found, [("package/a".to_owned(), 3), ("package/empty".to_owned(), 0)]);
        assert!(for_each_file(&packed[..packed.len() / 2], 1000, |_, _| Ok(())).is_err());
    }
}
