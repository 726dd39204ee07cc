//! The regions of the pilot.

use crate::money::BusinessDate;
use crate::row::numbered;

numbered! {
    /// A region of the pilot. The numbers are kept and sent.
    pub enum Region {
        /// Shenzhen.
        Shenzhen = 1,
        /// Suzhou.
        Suzhou = 2,
        /// Xiong'an.
        Xiongan = 3,
        /// Chengdu.
        Chengdu = 4,
        /// Shanghai.
        Shanghai = 5,
        /// Hainan.
        Hainan = 6,
        /// Changsha.
        Changsha = 7,
        /// Xi'an.
        Xian = 8,
        /// Qingdao.
        Qingdao = 9,
        /// Dalian.
        Dalian = 10,
        /// Beijing.
        Beijing = 11,
        /// Zhangjiakou.
        Zhangjiakou = 12,
        /// Tianjin.
        Tianjin = 13,
        /// Chongqing.
        Chongqing = 14,
        /// Guangzhou.
        Guangzhou = 15,
        /// Fuzhou.
        Fuzhou = 16,
        /// Xiamen.
        Xiamen = 17,
        /// Hangzhou.
        Hangzhou = 18,
        /// Ningbo.
        Ningbo = 19,
        /// Wenzhou.
        Wenzhou = 20,
        /// Huzhou.
        Huzhou = 21,
        /// Shaoxing.
        Shaoxing = 22,
        /// Jinhua.
        Jinhua = 23,
    }
}

/// When regions joined the pilot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Batch {
    /// The ten regions of October 2020, and the sites of the Winter Olympics: "10+1".
    TenPlusOne,
    /// The regions of April 2022, the third batch.
    Third,
}

impl Batch {
    /// The day from which its regions take part. Sources name the month alone, so it is the first.
    pub fn joined(self) -> BusinessDate {
        let (year, month) = match self {
            Self::TenPlusOne => (2020, 10),
            Self::Third => (2022, 4),
        };
        BusinessDate::from_ymd(year, month, 1).unwrap_or_default()
    }
}

impl Region {
    /// Every region, in the order of their numbers.
    pub const ALL: [Self; 23] = [
        Self::Shenzhen,
        Self::Suzhou,
        Self::Xiongan,
        Self::Chengdu,
        Self::Shanghai,
        Self::Hainan,
        Self::Changsha,
        Self::Xian,
        Self::Qingdao,
        Self::Dalian,
        Self::Beijing,
        Self::Zhangjiakou,
        Self::Tianjin,
        Self::Chongqing,
        Self::Guangzhou,
        Self::Fuzhou,
        Self::Xiamen,
        Self::Hangzhou,
        Self::Ningbo,
        Self::Wenzhou,
        Self::Huzhou,
        Self::Shaoxing,
        Self::Jinhua,
    ];

    /// Its name in texts and files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Shenzhen => "Shenzhen",
            Self::Suzhou => "Suzhou",
            Self::Xiongan => "Xiong'an",
            Self::Chengdu => "Chengdu",
            Self::Shanghai => "Shanghai",
            Self::Hainan => "Hainan",
            Self::Changsha => "Changsha",
            Self::Xian => "Xi'an",
            Self::Qingdao => "Qingdao",
            Self::Dalian => "Dalian",
            Self::Beijing => "Beijing",
            Self::Zhangjiakou => "Zhangjiakou",
            Self::Tianjin => "Tianjin",
            Self::Chongqing => "Chongqing",
            Self::Guangzhou => "Guangzhou",
            Self::Fuzhou => "Fuzhou",
            Self::Xiamen => "Xiamen",
            Self::Hangzhou => "Hangzhou",
            Self::Ningbo => "Ningbo",
            Self::Wenzhou => "Wenzhou",
            Self::Huzhou => "Huzhou",
            Self::Shaoxing => "Shaoxing",
            Self::Jinhua => "Jinhua",
        }
    }

    /// With which regions it joined the pilot.
    pub const fn batch(self) -> Batch {
        if self as u8 <= Self::Zhangjiakou as u8 { Batch::TenPlusOne } else { Batch::Third }
    }

    /// Whether it takes part in the pilot on a day.
    pub fn takes_part(self, date: BusinessDate) -> bool {
        self.batch().joined() <= date
    }
}

impl std::fmt::Display for Region {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_twelve_joined_in_2020_and_eleven_in_2022() {
        let date = |year, month, day| BusinessDate::from_ymd(year, month, day).unwrap();
        let count = |date| Region::ALL.into_iter().filter(|region| region.takes_part(date)).count();
        assert_eq!(count(date(2020, 9, 30)), 0);
        assert_eq!(count(date(2020, 10, 1)), 12);
        assert_eq!(count(date(2022, 3, 31)), 12);
        assert_eq!(count(date(2022, 4, 1)), 23);
        assert!(!Region::Jinhua.takes_part(date(2022, 3, 31)));
    }

    #[test]
    fn numbers_and_names_are_those_of_one_region() {
        for (place, region) in Region::ALL.into_iter().enumerate() {
            assert_eq!(region as usize, place + 1);
            assert_eq!(Region::from_number(region as u8), Some(region));
        }
        assert_eq!((Region::from_number(0), Region::from_number(24)), (None, None));
    }
}
