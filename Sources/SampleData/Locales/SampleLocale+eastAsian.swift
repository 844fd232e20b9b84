extension SampleLocale {
    static let eastAsian = [china, japan, korea]

    private static let china = SampleLocale(
        "CN", "CNY", unitsPerEuro: 8, weight: 5,
        names: NameStock(
            women: """
                婉清=wanqing, 诗涵=shihan, 雨桐=yutong, 梦琪=mengqi, 佳怡=jiayi, 思远=siyuan, 晓雯=xiaowen, 若兰=ruolan, 静姝=jingshu, 春燕=chunyan,
                芳=fang
                """,
            men: """
                浩然=haoran, 志强=zhiqiang, 子轩=zixuan, 文博=wenbo, 建国=jianguo, 明哲=mingzhe, 立诚=licheng, 海涛=haitao, 思源=siyuan, 宇航=yuhang,
                勇=yong
                """,
            family: """
                赵=zhao, 钱=qian, 孙=sun, 周=zhou, 吴=wu, 郑=zheng, 冯=feng, 陈=chen, 褚=chu, 蒋=jiang, 沈=shen, 韩=han, 欧阳=ouyang, 司马=sima,
                上官=shangguan, 吕=lyu
                """,
            titlesOfWomen: "女士, 经理", titlesOfMen: "先生, 经理"),
        places: PlaceStock(
            cities: """
                北京市 | 北京 | 100### | +86 10 0### ####
                上海市 | 上海 | 200### | +86 21 0### ####
                成都市 | 四川 | 610### | +86 28 0### ####
                苏州市 | 江苏 | 215### | +86 512 0### ####
                哈尔滨市 | 黑龙江 | 150### | +86 451 0### ####
                """,
            streets: "梧桐路, 桂花巷, 长堤大街, 青石弄, 望江东路, 银杏大道",
            streetLines: """
                $%#号
                $%##号%单元%0%室
                $%#弄%号
                """),
        firms: FirmStock(
            stems: "云杉谷=yunshangu, 青岚=qinglan, 白鹭洲=bailuzhou, 星垂=xingchui, 松涛里=songtaoli, 远帆舟=yuanfanzhou, 朝露=zhaolu",
            trades: "科技=keji, 纺织=fangzhi, 食品=shipin, 物流=wuliu, 医疗=yiliao, 机械=jixie", legalForms: "有限公司, 股份有限公司", order: "STF",
            jobs: "采购经理, 总经理, 会计, 软件工程师, 护士长, 销售代表, 车间主任"),
        numbers: NumberStock(
            mobiles: """
                +86 100 0### ####, +86 100-0###-####
                """,
            nationalIDs: "99####cymd###X, 99####cymd####", bankAccounts: "0000 #### #### #### ###"),
        remarks: """
            请勿在午休时间来电。
            春节后再跟进报价。
            客户希望合同使用简体中文。
            """)

    private static let japan = SampleLocale(
        "JP", "JPY", unitsPerEuro: 165, weight: 5,
        names: NameStock(
            women: """
                さくら=sakura, 美咲=misaki, ひなた=hinata, 陽子=yoko, 千尋=chihiro, かおり=kaori, 真由美=mayumi, エミ=emi, 和葉=kazuha, 琴音=kotone,
                みどり=midori
                """,
            men: """
                健太=kenta, 大輔=daisuke, 直樹=naoki, ひろし=hiroshi, 悠真=yuma, 拓海=takumi, 誠=makoto, ケンジ=kenji, 龍之介=ryunosuke, 蓮=ren,
                修一=shuichi
                """,
            family: """
                浅見=asami, 石黒=ishiguro, 上原=uehara, 榎本=enomoto, 小野寺=onodera, 川端=kawabata, 桐島=kirishima, 小早川=kobayakawa, 笹森=sasamori,
                髙梨=takanashi, 津久井=tsukui, 長谷部=hasebe, 藤堂=todo, 水城=mizuki, 﨑山=sakiyama
                """,
            titlesOfWomen: "様, さん", titlesOfMen: "様, さん"),
        places: PlaceStock(
            cities: """
                千代田区 | 東京都 | 100-00## | +81 3-0###-####
                大阪市 | 大阪府 | 530-00## | +81 6-0###-####
                札幌市 | 北海道 | 060-00## | +81 11-0##-####
                福岡市 | 福岡県 | 810-00## | +81 92-0##-####
                さいたま市 | 埼玉県 | 330-00## | +81 48-0##-####
                """,
            streets: "桜台, 緑が丘, 本町, 若葉, つつじヶ丘, 青葉通り",
            streetLines: """
                $%-%#-%
                $%丁目%番%#号
                $%-%# コーポひばり %0%
                """),
        firms: FirmStock(
            stems: "アオゾラ=aozora, ミナモ=minamo, 月見野=tsukimino, ホタルビ=hotarubi, 白波瀬=shirahase, コダマ=kodama, 若竹堂=wakatakedo",
            trades: "電機=denki, 食品=shokuhin, システム=system, 運輸=unyu, 製薬=seiyaku, 工業=kogyo", legalForms: "株式会社, 合同会社, 有限会社",
            order: "FST",
            jobs: "購買部長, 代表取締役, 経理担当, システムエンジニア, 看護師, 営業課長, 工場長"),
        numbers: NumberStock(
            mobiles: "+81 90-0###-####, +81 80 0### ####", nationalIDs: "0000-####-####", bankAccounts: "0000-### 普通 #######"),
        remarks: """
            お電話は午後三時以降にお願いします。
            見積書はＰＤＦでご送付ください。
            カタログを希望されています。
            """)

    private static let korea = SampleLocale(
        "KR", "KRW", unitsPerEuro: 1500, weight: 4,
        names: NameStock(
            women: """
                가은=gaeun, 나연=nayeon, 다혜=dahye, 민서=minseo, 보람=boram, 서윤=seoyun, 수아=sua, 유진=yujin, 은채=eunchae, 지우=jiwoo, 하늘=haneul
                """,
            men: """
                건우=geonwoo, 도윤=doyun, 동현=donghyun, 민준=minjun, 상우=sangwoo, 성민=seongmin, 시우=siwoo, 예준=yejun, 재원=jaewon, 태양=taeyang,
                현수=hyunsoo
                """,
            family: """
                강=kang, 고=ko, 권=kwon, 김=kim, 남궁=namgung, 류=ryu, 박=park, 배=bae, 서=seo, 선우=sunwoo, 송=song, 신=shin, 안=ahn, 오=oh,
                윤=yoon,
                이=lee, 제갈=jegal, 최=choi, 황보=hwangbo
                """,
            titlesOfWomen: "님, 과장님, 박사", titlesOfMen: "님, 부장님, 박사"),
        places: PlaceStock(
            cities: """
                서울 | 서울특별시 | 04### | +82 2-0##-####
                부산 | 부산광역시 | 48### | +82 51-0##-####
                대전 | 대전광역시 | 34### | +82 42-0##-####
                전주 | 전라북도 | 54### | +82 63-0##-####
                """,
            streets: "은행나무로, 달빛길, 한솔로, 새벽시장길, 물레방아로, 청솔대로",
            streetLines: """
                $ %#
                $ %##, %0%호
                $%#번길 %
                """),
        firms: FirmStock(
            stems: "가온누리=gaonnuri, 달무지개=dalmujigae, 새벽이슬=saebyeokiseul, 솔바람=solbaram, 큰고니=keungoni, 한울터=hanulteo",
            trades: """
                전자=jeonja, 식품=sikpum, 물류=mullyu, 화장품=hwajangpum, 소프트=soft, 바이오=bio
                """,
            legalForms: "주식회사, ㈜, 유한회사", order: "F S T",
            jobs: "구매 팀장, 대표이사, 회계 담당, 개발자, 간호사, 영업 과장, 생산 관리자"),
        numbers: NumberStock(
            mobiles: "+82 10-0###-####, +82 10 0### ####", nationalIDs: "ymd-0######", bankAccounts: "000-######-##-###"),
        remarks: """
            점심시간에는 연락하지 말아 주세요.
            추석 이후에 다시 견적을 보내기로 함.
            """)
}
