//! Country, region and city of a network, when the operator has a database of them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use maxminddb::{Reader, path};
use quick_cache::unsync::Cache;

use super::text::clean;

/// Networks whose place is remembered.
const REMEMBERED: usize = 50_000;

/// Where a visitor is; `None` is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// ISO 3166-1 alpha-2, upper case.
    pub country: Option<Box<str>>,
    /// ISO 3166-2 code or name of the first subdivision.
    pub region: Option<Box<str>>,
    /// Name in English.
    pub city: Option<Box<str>>,
}

/// The file cannot be read or is no MMDB.
#[derive(Debug, thiserror::Error)]
#[error("analytics.geo_database {path}: {source}")]
pub struct GeoError {
    path: String,
    source: maxminddb::MaxMindDbError,
}

/// An MMDB file in memory: in the layout of MaxMind (`country.iso_code`) or the flat one of `@ip-location-db`
/// (`country_code`).
pub struct Geo {
    reader: Reader<Vec<u8>>,
}

impl Geo {
    /// Reads the file.
    ///
    /// # Errors
    /// [`GeoError`] when it is not there or is no MMDB.
    pub fn open(path: &Path) -> Result<Self, GeoError> {
        let reader =
            Reader::open_readfile(path).map_err(|source| GeoError { path: path.display().to_string(), source })?;
        Ok(Self { reader })
    }

    fn place(&self, address: IpAddr) -> Place {
        let Ok(found) = self.reader.lookup(address) else { return Place::default() };
        let text = |standard: &[maxminddb::PathElement<'_>], flat: &[maxminddb::PathElement<'_>]| {
            let read = |path| found.decode_path::<&str>(path).ok().flatten();
            read(standard).or_else(|| read(flat)).and_then(clean).map(|value| Box::<str>::from(&*value))
        };
        Place {
            country: text(&path!["country", "iso_code"], &path!["country_code"])
                .map(|code| code.to_ascii_uppercase().into()),
            region: text(&path!["subdivisions", 0, "iso_code"], &path!["state1"]),
            city: text(&path!["city", "names", "en"], &path!["city"]),
        }
    }
}

/// Looks networks up and remembers the answers.
pub struct Places {
    geo: Option<Arc<Geo>>,
    nowhere: Arc<Place>,
    known: Cache<Bytes, Arc<Place>>,
}

impl Places {
    /// Without a database every place is unknown.
    pub fn new(geo: Option<Arc<Geo>>) -> Self {
        Self { geo, nowhere: Arc::default(), known: Cache::new(REMEMBERED) }
    }

    /// The place of a network of 3 bytes (IPv4 /24) or 6 bytes (IPv6 /48); other lengths are unknown.
    pub fn look_up(&mut self, network: &Bytes) -> Arc<Place> {
        let Some(geo) = &self.geo else { return Arc::clone(&self.nowhere) };
        let Some(address) = address(network) else { return Arc::clone(&self.nowhere) };
        if let Some(known) = self.known.get(network) {
            return Arc::clone(known);
        }
        let place = Arc::new(geo.place(address));
        // A copy, because the slice would keep the whole stream entry in memory.
        self.known.insert(Bytes::copy_from_slice(network), Arc::clone(&place));
        place
    }
}

/// The first address of the network.
fn address(network: &[u8]) -> Option<IpAddr> {
    match *network {
        [a, b, c] => Some(Ipv4Addr::new(a, b, c, 0).into()),
        [a, b, c, d, e, f] => {
            let mut octets = [0; 16];
            octets[..6].copy_from_slice(&[a, b, c, d, e, f]);
            Some(Ipv6Addr::from(octets).into())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_looked_up_by_its_first_address() {
        assert_eq!(address(&[192, 0, 2]), Some("192.0.2.0".parse().unwrap()));
        assert_eq!(address(&[0x20, 0x01, 0x0d, 0xb8, 0, 1]), Some("2001:db8:1::".parse().unwrap()));
        assert_eq!(address(&[1, 2, 3, 4]), None);
    }

    #[test]
    fn without_a_database_nothing_is_known() {
        assert_eq!(*Places::new(None).look_up(&Bytes::from_static(&[8, 8, 8])), Place::default());
    }

    /// Data of the types of the MMDB format that the tests need (<https://maxmind.github.io/MaxMind-DB/>).
    enum Data<'a> {
        Text(&'a str),
        Encoded(&'a [u8]),
        Map(&'a [(&'a str, Data<'a>)]),
    }

    impl Data<'_> {
        fn encode(&self, out: &mut Vec<u8>) {
            match self {
                Data::Text(text) => {
                    out.push(2 << 5 | text.len() as u8);
                    out.extend_from_slice(text.as_bytes());
                }
                Data::Encoded(bytes) => out.extend_from_slice(bytes),
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

    /// A database that has the same record for every IPv4 address.
    fn everywhere(record: &Data<'_>) -> Places {
        // One node of two 24-bit pointers to the first byte of the data: nodes + 16.
        let mut file = [&[0, 0, 17, 0, 0, 17][..], &[0; 16]].concat();
        record.encode(&mut file);
        file.extend_from_slice(b"\xab\xcd\xefMaxMind.com");
        // A control byte has the type in its upper bits and the length in the lower; 9 (u64) and 11 (list) need a second one.
        let metadata = [
            ("node_count", Data::Encoded(&[6 << 5 | 1, 1])),
            ("record_size", Data::Encoded(&[5 << 5 | 1, 24])),
            ("ip_version", Data::Encoded(&[5 << 5 | 1, 4])),
            ("database_type", Data::Text("test")),
            ("languages", Data::Encoded(&[0, 11 - 7])),
            ("binary_format_major_version", Data::Encoded(&[5 << 5 | 1, 2])),
            ("binary_format_minor_version", Data::Encoded(&[5 << 5])),
            ("build_epoch", Data::Encoded(&[1, 9 - 7, 1])),
            ("description", Data::Map(&[])),
        ];
        Data::Map(&metadata).encode(&mut file);
        let path = std::env::temp_dir().join(format!("curtail-{}-{}.mmdb", std::process::id(), file.len()));
        std::fs::write(&path, file).unwrap();
        let geo = Geo::open(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        Places::new(Some(Arc::new(geo)))
    }

    #[test]
    fn both_layouts_are_understood() {
        let names = [("en", Data::Text("Cologne"))];
        let city = [("names", Data::Map(&names))];
        let country = [("iso_code", Data::Text("DE"))];
        let nested = [("country", Data::Map(&country)), ("city", Data::Map(&city))];
        let flat = [("country_code", Data::Text("de")), ("state1", Data::Text("NRW")), ("city", Data::Text("Köln"))];
        let place = |record: &[(&str, Data<'_>)]| {
            let mut places = everywhere(&Data::Map(record));
            let place = places.look_up(&Bytes::from_static(&[81, 2, 69]));
            assert!(Arc::ptr_eq(&place, &places.look_up(&Bytes::from_static(&[81, 2, 69]))));
            (place.country.clone(), place.region.clone(), place.city.clone())
        };
        assert_eq!(place(&nested), (Some("DE".into()), None, Some("Cologne".into())));
        assert_eq!(place(&flat), (Some("DE".into()), Some("NRW".into()), Some("Köln".into())));
    }

    #[test]
    fn a_file_that_is_no_database_is_an_error() {
        let error = Geo::open(Path::new("/dev/null")).map(drop).unwrap_err();
        assert!(error.to_string().starts_with("analytics.geo_database /dev/null: "), "{error}");
    }
}
