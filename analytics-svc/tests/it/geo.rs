//! Places, from the file of an operator to a breakdown.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use analytics_svc::enrich::{Geo, Place, Places};
use bytes::Bytes;
use curtail_proto::analytics::v1::{Dimension, DimensionFilter, QueryAnalyticsRequest};
use curtail_proto::events::v1::Click;
use curtail_testkit::until;

use super::mmdb::{Data, write};
use super::publish::{Producer, click, publish};
use super::world::{NOW, WORKSPACE, World, ms, question};

/// The layout of `@ip-location-db`.
const FLAT: Data<'static> =
    Data::Map(&[("country_code", Data::Text("de")), ("state1", Data::Text("Bavaria")), ("city", Data::Text("Munich"))]);

/// The layout of MaxMind.
const NESTED: Data<'static> = Data::Map(&[
    ("country", Data::Map(&[("iso_code", Data::Text("DE"))])),
    ("subdivisions", Data::List(&[Data::Map(&[("iso_code", Data::Text("BY"))])])),
    ("city", Data::Map(&[("names", Data::Map(&[("de", Data::Text("München")), ("en", Data::Text("Munich"))]))])),
]);

/// Nothing but the country.
const COUNTRY: Data<'static> = Data::Map(&[("country_code", Data::Text("CH"))]);

fn open(path: &Path) -> Places {
    Places::new(Some(Arc::new(Geo::open(path).unwrap())))
}

fn place(country: &str, region: Option<&str>, city: Option<&str>) -> Place {
    Place { country: Some(country.into()), region: region.map(Into::into), city: city.map(Into::into) }
}

#[test]
fn every_layout_is_understood() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.mmdb");
    for (record, expected) in [
        (&FLAT, place("DE", Some("Bavaria"), Some("Munich"))),
        (&NESTED, place("DE", Some("DE-BY"), Some("Munich"))),
        (&COUNTRY, place("CH", None, None)),
    ] {
        write(&file, 4, record);
        let mut places = open(&file);
        let found = places.look_up(&Bytes::from_static(&[81, 2, 69]));
        assert_eq!(*found, expected);
        assert!(Arc::ptr_eq(&found, &places.look_up(&Bytes::from_static(&[81, 2, 69]))), "it is remembered");
    }
}

#[test]
fn a_directory_stands_for_its_files() {
    let dir = tempfile::tempdir().unwrap();
    assert!(Geo::open(dir.path()).is_err(), "it is empty");
    std::fs::write(dir.path().join("LICENSE"), "…").unwrap();
    write(&dir.path().join("of-ipv4.mmdb"), 4, &FLAT);
    write(&dir.path().join("of-ipv6.mmdb"), 6, &COUNTRY);
    let mut places = open(dir.path());
    assert_eq!(places.look_up(&Bytes::from_static(&[81, 2, 69])).country.as_deref(), Some("DE"));
    assert_eq!(places.look_up(&Bytes::from_static(&[0x20, 1, 0xd, 0xb8, 0, 1])).country.as_deref(), Some("CH"));
}

#[tokio::test(flavor = "multi_thread")]
async fn regions_and_cities_are_broken_down_and_filtered() {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("a.mmdb"), 4, &NESTED);
    let mut config = curtail_testkit::config().await;
    config.analytics.geo_database = dir.path().display().to_string();
    let world = World::with(config).await;
    let at = |network: &'static [u8], visitor| Click {
        network: Bytes::from_static(network),
        ..click(WORKSPACE, 1, ms(NOW) - 60_000, visitor)
    };
    // The last one asked not to be tracked: counted, but no one and nowhere.
    let producer = Producer::new(1, vec![at(&[81, 2, 69], 1), at(&[81, 2, 70], 2), at(&[], 0)]);
    publish(&world.redis, "clicks:0", &producer.batch(1, 3)).await;
    until(async || producer.counted(&world.redis).await == 3, Duration::from_secs(20), "counted").await;

    let all = question(NOW - time::Duration::hours(1), NOW);
    let by = vec![Dimension::Country.into(), Dimension::Region.into(), Dimension::City.into()];
    let answer = world.query(QueryAnalyticsRequest { breakdowns: by, ..all.clone() }).await.unwrap();
    for (breakdown, value) in answer.breakdowns.iter().zip(["DE", "DE-BY", "Munich"]) {
        let rows: Vec<_> =
            breakdown.rows.iter().map(|row| (row.value.as_str(), row.clicks, row.humans, row.uniques)).collect();
        assert_eq!(rows, [(value, 2, 2, 2), ("", 1, 1, 0)]);
    }
    let totals = answer.totals.unwrap();
    assert_eq!((totals.humans, totals.uniques), (3, 2));
    let filter = DimensionFilter { dimension: Dimension::City.into(), values: vec!["Munich".into()] };
    let munich = world.query(QueryAnalyticsRequest { filters: vec![filter], ..all }).await.unwrap();
    assert_eq!(munich.totals.unwrap().clicks, 2);
    world.stop().await;
}
