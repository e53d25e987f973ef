//! What a search finds, and in which order.

use curtail_proto::links::v1::{Link, LinkState};
use curtail_proto::search::v1::*;
use time::Duration;

use crate::engines::on_every_engine;
use crate::world::*;

on_every_engine!(
    words_are_found_wherever_they_stand_the_best_place_first,
    typos_and_beginnings_are_found_behind_the_exact_word,
    every_script_and_every_address_of_a_link_is_found,
    highlights_show_what_was_found_and_where,
    filters_and_facets_agree,
    states_follow_the_clock_without_an_event,
    pages_have_every_hit_once_in_the_order_of_rank,
);

fn facets(answer: &SearchLinksResponse, name: &str) -> Vec<(String, i64)> {
    answer.facets.iter().filter(|facet| facet.name == name).map(|facet| (facet.value.clone(), facet.count)).collect()
}

fn at(seconds: i64) -> Option<prost_types::Timestamp> {
    Some(prost_types::Timestamp { seconds: NOW.unix_timestamp() + seconds, nanos: 0 })
}

async fn words_are_found_wherever_they_stand_the_best_place_first(world: World) {
    let all = [
        Link { notes: "about harbour".into(), ..link(1, "one") },
        Link { description: "the harbour at night".into(), ..link(2, "two") },
        Link { url: "https://maps.example/Harbour%20view?harbour".into(), ..link(3, "three") },
        Link { tags: tags(&["Harbour"]), ..link(4, "four") },
        link(5, "The HARBOUR"),
        Link { code: "harbour".into(), ..link(6, "six") },
        link(7, "Harbour again"),
        link(8, "nothing of the kind"),
    ];
    for link in &all {
        world.publish(link).await;
    }
    world.finds("harbour", &[6, 7, 5, 4, 3, 2, 1]).await;
    assert_eq!(world.find("harbour night").await, [2], "every word has to be there");
    assert_eq!(world.find("maps.example/harbour").await, [3]);
    assert_eq!(world.find("night maps").await, [0; 0]);
    world.stop().await;
}

async fn typos_and_beginnings_are_found_behind_the_exact_word(world: World) {
    for (id, title) in [(1, "spring"), (2, "sprint"), (3, "springboard"), (4, "announcement"), (5, "cat"), (6, "Größe")]
    {
        world.publish(&link(id, title)).await;
    }
    world.finds("spring", &[1, 3, 2]).await;
    for (text, found) in [
        ("sprng", &[1][..]),
        ("srping", &[1]),
        ("sprign x", &[]),
        ("anouncemnt", &[4]),
        ("anouncmnt", &[]),
        ("cst", &[]),
        ("ca", &[5]),
        ("grosse", &[6]),
        ("GRÖSSE", &[6]),
        ("spri", &[3, 2, 1]),
    ] {
        assert_eq!(world.find(text).await, found, "{text}");
    }
    world.stop().await;
}

async fn every_script_and_every_address_of_a_link_is_found(world: World) {
    let all = [
        link(1, "新しい検索エンジン"),
        link(2, "北京旅游指南"),
        link(3, "เที่ยวเมืองไทย"),
        Link { url: "https://xn--e1afmkfd.xn--p1ai/page".into(), ..link(4, "idn") },
        Link { url: "https://shop.example/spring?token=x".into(), ..link(5, "shop") },
        Link { domain: "sho.rt".into(), code: "abc".into(), ..link(6, "short") },
        link(7, "fruit 🍊"),
    ];
    for link in &all {
        world.publish(link).await;
    }
    world.finds("🍊", &[7]).await;
    for (text, found) in [
        ("検索", &[1][..]),
        ("エンジン", &[1]),
        ("検", &[1]),
        ("旅游", &[2]),
        ("游旅", &[]),
        ("เมือง", &[3]),
        ("пример", &[4]),
        ("https://пример.рф/page", &[4]),
        ("e1afmkfd", &[4]),
        ("https://shop.example/spring?token=x", &[5]),
        ("http://sho.rt/abc", &[6]),
        ("sho.rt", &[6]),
        ("!!!", &[]),
    ] {
        assert_eq!(world.find(text).await, found, "{text}");
    }
    let response = world.ask(asking("検索エンジン")).await.unwrap();
    let highlight = &response.hits[0].highlights[0];
    let range = &highlight.ranges[0];
    assert_eq!(&highlight.fragment[range.start as usize..range.end as usize], "検索エンジン");
    world.stop().await;
}

async fn highlights_show_what_was_found_and_where(world: World) {
    let tagged = Link {
        tags: tags(&["spring"]),
        url: "https://shop.example/spring".into(),
        ..link(1, "Der Frühling: Spring Sale")
    };
    world.publish(&tagged).await;
    world.finds("sprng sal", &[1]).await;
    let answer = world.ask(asking("sprng sal")).await.unwrap();
    let shown: Vec<(&str, Vec<&str>)> = answer.hits[0]
        .highlights
        .iter()
        .map(|h| (h.field.as_str(), h.ranges.iter().map(|r| &h.fragment[r.start as usize..r.end as usize]).collect()))
        .collect();
    assert_eq!(shown, [("title", vec!["Spring", "Sale"]), ("tags", vec!["spring"]), ("url", vec!["spring"])]);
    world.stop().await;
}

async fn filters_and_facets_agree(world: World) {
    for link in [
        Link { tags: tags(&["News", "Shop"]), ..link(1, "spring") },
        Link { tags: tags(&["News"]), domain: "b.example".into(), ..link(2, "spring") },
        Link { disabled: true, ..link(3, "spring") },
        Link { tags: tags(&["News"]), ..link(4, "autumn") },
    ] {
        world.publish(&link).await;
    }
    world.finds("spring", &[3, 2, 1]).await;
    let all = world.ask(asking("spring")).await.unwrap();
    assert_eq!(facets(&all, "tag"), [("News".to_owned(), 2), ("Shop".to_owned(), 1)]);
    assert_eq!(facets(&all, "state"), [("ACTIVE".to_owned(), 2), ("DISABLED".to_owned(), 1)]);
    assert_eq!(facets(&all, "domain"), [("go.example".to_owned(), 2), ("b.example".to_owned(), 1)]);
    let found = async |request: SearchLinksRequest| {
        let answer = world.ask(request).await.unwrap();
        assert_eq!(answer.total, answer.hits.len() as i64);
        answer.hits.iter().map(|hit| hit.link_id).collect::<Vec<_>>()
    };
    assert_eq!(found(SearchLinksRequest { tags: vec!["news".into()], ..asking("") }).await, [4, 2, 1]);
    assert_eq!(found(SearchLinksRequest { tags: vec!["NEWS".into(), "shop".into()], ..asking("") }).await, [1]);
    assert_eq!(found(SearchLinksRequest { tags: vec!["ne".into()], ..asking("") }).await, [0; 0]);
    assert_eq!(found(SearchLinksRequest { domain: "B.example".into(), ..asking("spring") }).await, [2]);
    let disabled = vec![LinkState::Disabled.into()];
    assert_eq!(found(SearchLinksRequest { states: disabled, ..asking("spring") }).await, [3]);
    world.stop().await;
}

async fn states_follow_the_clock_without_an_event(world: World) {
    for link in [
        Link { starts_at: at(60), ..link(1, "spring") },
        Link { expires_at: at(60), ..link(2, "spring") },
        Link { max_clicks: 1, used_clicks: 1, ..link(3, "spring") },
        link(4, "spring"),
    ] {
        world.publish(&link).await;
    }
    world.finds("spring", &[4, 3, 2, 1]).await;
    let states = async || facets(&world.ask(asking("spring")).await.unwrap(), "state");
    let in_state = async |state: LinkState| {
        let answer = world.ask(SearchLinksRequest { states: vec![state.into()], ..asking("spring") }).await.unwrap();
        answer.hits.iter().map(|hit| hit.link_id).collect::<Vec<_>>()
    };
    let named = |counts: &[(&str, i64)]| counts.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect::<Vec<_>>();
    assert_eq!(states().await, named(&[("ACTIVE", 2), ("EXHAUSTED", 1), ("SCHEDULED", 1)]));
    assert_eq!(in_state(LinkState::Scheduled).await, [1]);
    assert_eq!(in_state(LinkState::Active).await, [4, 2]);
    world.clock.advance(Duration::seconds(60));
    assert_eq!(states().await, named(&[("ACTIVE", 2), ("EXHAUSTED", 1), ("EXPIRED", 1)]));
    assert_eq!(in_state(LinkState::Active).await, [4, 1]);
    assert_eq!(in_state(LinkState::Expired).await, [2]);
    assert_eq!(in_state(LinkState::Exhausted).await, [3]);
    assert_eq!(in_state(LinkState::Deleted).await, [0; 0]);
    world.stop().await;
}

async fn pages_have_every_hit_once_in_the_order_of_rank(world: World) {
    for id in 1..=25 {
        // Three ranks with ties in each.
        let title = ["spring", "springtime", "other"][(id % 3) as usize];
        world.publish(&Link { notes: "spring".into(), ..link(id, title) }).await;
    }
    world.drained().await;
    let whole = world.ask(SearchLinksRequest { limit: 100, ..asking("spring") }).await.unwrap();
    assert_eq!((whole.total, whole.hits.len(), whole.has_more), (25, 25, false));
    let (mut pages, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = world.ask(SearchLinksRequest { limit: 4, cursor, ..asking("spring") }).await.unwrap();
        assert_eq!(page.total, 25);
        cursor = page.hits.last().unwrap().cursor.clone();
        pages.extend(page.hits);
        if !page.has_more {
            break;
        }
    }
    assert_eq!(pages, whole.hits);
    world.stop().await;
}
