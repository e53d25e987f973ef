//! Writes databases of places: the MMDB format as far as the tests need it (<https://maxmind.github.io/MaxMind-DB/>).

use std::path::Path;

/// A value.
pub enum Data<'a> {
    Text(&'a str),
    Encoded(&'a [u8]),
    List(&'a [Data<'a>]),
    Map(&'a [(&'a str, Data<'a>)]),
}

impl Data<'_> {
    /// A control byte has the type in its upper bits and the length in the lower; types from 8 on need a second byte.
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Data::Text(text) => {
                out.push(2 << 5 | text.len() as u8);
                out.extend_from_slice(text.as_bytes());
            }
            Data::Encoded(bytes) => out.extend_from_slice(bytes),
            Data::List(items) => {
                out.extend_from_slice(&[items.len() as u8, 11 - 7]);
                items.iter().for_each(|item| item.encode(out));
            }
            Data::Map(pairs) => {
                out.push(7 << 5 | pairs.len() as u8);
                for (name, value) in *pairs {
                    Data::Text(name).encode(out);
                    value.encode(out);
                }
            }
        }
    }
}

/// Writes a database that has the same record for every address of IPv4 or, for 6, of IPv6.
pub fn write(path: &Path, ip_version: u8, record: &Data<'_>) {
    // One node of two 24-bit pointers to the first byte of the data: nodes + 16.
    let mut file = [&[0, 0, 17, 0, 0, 17][..], &[0; 16]].concat();
    record.encode(&mut file);
    file.extend_from_slice(b"\xab\xcd\xefMaxMind.com");
    let metadata = [
        ("node_count", Data::Encoded(&[6 << 5 | 1, 1])),
        ("record_size", Data::Encoded(&[5 << 5 | 1, 24])),
        ("ip_version", Data::Encoded(&[5 << 5 | 1, ip_version])),
        ("database_type", Data::Text("test")),
        ("languages", Data::List(&[])),
        ("binary_format_major_version", Data::Encoded(&[5 << 5 | 1, 2])),
        ("binary_format_minor_version", Data::Encoded(&[5 << 5])),
        ("build_epoch", Data::Encoded(&[1, 9 - 7, 1])),
        ("description", Data::Map(&[])),
    ];
    Data::Map(&metadata).encode(&mut file);
    std::fs::write(path, file).unwrap();
}
