//! Videos, which `agoge-vision` reads: here they are only recognised.

/// Whether the first bytes are those of a video: MP4 and MOV (also older ones without `ftyp`), AVI,
/// Matroska and WebM, MPEG programme streams, Flash.
pub(crate) fn is_video(start: &[u8]) -> bool {
    let at = |from: usize, magic: &[u8]| start.get(from..from + magic.len()) == Some(magic);
    let is_picture = [&b"heic"[..], b"heix", b"mif1", b"avif"].iter().any(|brand| at(8, brand));
    let is_movie =
        [&b"ftyp"[..], b"moov", b"mdat", b"wide"].iter().any(|name| at(4, name)) && !is_picture;
    is_movie
        || at(0, b"RIFF") && at(8, b"AVI ")
        || [&b"\x1a\x45\xdf\xa3"[..], b"\0\0\x01\xba", b"FLV\x01"].iter().any(|magic| at(0, magic))
}
