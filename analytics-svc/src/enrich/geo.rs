//! Country, region and city of a network, when the operator has a database of them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
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
    /// The first subdivision: its ISO 3166-2 code (`DE-BY`) or, in files without codes, its name.
    pub region: Option<Box<str>>,
    /// Name in English.
    pub city: Option<Box<str>>,
}

/// The file cannot be read or is no MMDB.
#[derive(Debug, thiserror::Error)]
#[error("analytics.geo_database {path}: {source}")]
pub struct GeoError {
    path: String,
    source: BadFile,
}

#[derive(Debug, thiserror::Error)]
enum BadFile {
    #[error(transparent)]
    Unreadable(#[from] std::io::Error),
    #[error(transparent)]
    NoDatabase(#[from] maxminddb::MaxMindDbError),
    #[error("the directory has no file *.mmdb")]
    NoFile,
}

/// MMDB files in memory: in the layout of MaxMind (`country.iso_code`) or the flat one of `@ip-location-db`
/// (`country_code`), with countries alone or with regions and cities.
pub struct Geo {
    readers: Vec<Reader<Vec<u8>>>,
}

impl Geo {
    /// Reads the file or, of a directory, every file `*.mmdb`: some publishers have one for IPv4 and one for IPv6.
    ///
    /// # Errors
    /// [`GeoError`] when it is not there or is no MMDB.
    pub fn open(path: &Path) -> Result<Self, GeoError> {
        let read = || {
            let readers = files(path)?.iter().map(Reader::open_readfile).collect::<Result<Vec<_>, _>>()?;
            if readers.is_empty() { Err(BadFile::NoFile) } else { Ok(Self { readers }) }
        };
        read().map_err(|source| GeoError { path: path.display().to_string(), source })
    }

    /// What the first file knows that knows the address.
    fn place(&self, address: IpAddr) -> Place {
        // A file of IPv4 refuses addresses of IPv6.
        let found = self.readers.iter().filter_map(|reader| reader.lookup(address).ok()).find(|found| found.has_data());
        let Some(found) = found else { return Place::default() };
        let text = |standard: &[maxminddb::PathElement<'_>], flat: &[maxminddb::PathElement<'_>]| {
            let read = |path| found.decode_path::<&str>(path).ok().flatten();
            read(standard).or_else(|| read(flat)).and_then(clean).map(|value| Box::<str>::from(&*value))
        };
        let country: Option<Box<str>> =
            text(&path!["country", "iso_code"], &path!["country_code"]).map(|code| code.to_ascii_uppercase().into());
        // The code of a subdivision is unique within its country only.
        let code = text(&path!["subdivisions", 0, "iso_code"], &[]).zip(country.as_deref());
        Place {
            region: match code {
                Some((code, country)) => Some(format!("{country}-{code}").into()),
                None => text(&path!["subdivisions", 0, "names", "en"], &path!["state1"]),
            },
            country,
            city: text(&path!["city", "names", "en"], &path!["city"]),
        }
    }
}

/// The file itself, or the databases in the directory in the order of their names.
fn files(path: &Path) -> Result<Vec<PathBuf>, std::io::Error> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = std::fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path()));
    let mut files: Vec<PathBuf> = entries.collect::<Result<_, _>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "mmdb"));
    files.sort();
    Ok(files)
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

    #[test]
    fn a_file_that_is_no_database_is_an_error() {
        let error = Geo::open(Path::new("/dev/null")).map(drop).unwrap_err();
        assert!(error.to_string().starts_with("analytics.geo_database /dev/null: "), "{error}");
    }
}
