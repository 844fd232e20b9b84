// German numbers lie in the drama ranges of the Bundesnetzagentur, Swedish ones in those of the PTS.
extension SampleLocale {
    static let germanic = [germany, austria, netherlands, sweden]

    private static let germany = SampleLocale(
        "DE", "EUR", weight: 6,
        names: NameStock(
            women: "Annegret, Birte, Dörte=doerte, Elif, Friederike, Gesine, Heike, Jördis=joerdis, Käthe=kaethe, Leonie, Svenja",
            men: "Arne, Bernd, Detlef, Emre, Götz=goetz, Hauke, Jörg=joerg, Kilian, Lüder=lueder, Matthias, Thorben, Wolf-Dieter",
            family: """
                Achterberg, Bäumler=baeumler, Brüggemann=brueggemann, Dreßler=dressler, Eisenhut, Fährmann=faehrmann,
                Großkopf=grosskopf, Hüttenrauch=huettenrauch, Jäger-Brandt=jaeger-brandt, Kämmerling=kaemmerling, Lühr=luehr,
                Möhring=moehring, Özkaya=oezkaya, Pfefferkorn, Röthlisheim=roethlisheim, Süßkind=suesskind, Tüchler=tuechler,
                von der Aue, Weißgerber=weissgerber, Zöllner=zoellner
                """,
            titlesOfWomen: "Frau, Frau Dr., Frau", titlesOfMen: "Herr, Herr Dr., Herr, Herr Prof. Dr."),
        places: PlaceStock(
            cities: """
                Berlin | Berlin | 10### | +49 30 23125 ###
                Hamburg | Hamburg | 20### | +49 40 66969 ###
                München | Bayern | 80### | +49 89 99998 ###
                Köln | Nordrhein-Westfalen | 50### | +49 221 4710 ###
                Frankfurt am Main | Hessen | 60### | +49 (69) 90009-###
                """,
            streets: "Lindenallee, Schäfergasse, Am Mühlenbach, Kornweg, Große Bleichstraße, Ulmenweg, Zum Süßen Grund",
            streetLines: """
                $ %#
                $ %
                $ %#a
                """),
        firms: FirmStock(
            stems: """
                Elbkranich, Grünspan=gruenspan, Heidelerche, Kupferkeil, Möwenstein=moewenstein, Silberdorn,
                Wiesengrund & Söhne=wiesengrund
                """,
            trades: """
                Maschinenbau, Logistik, Verlag, Messtechnik, Bäckerei=baeckerei, Medizintechnik, Getränke=getraenke, Werkzeuge
                """,
            legalForms: "GmbH, AG, GmbH & Co. KG, e.K.",
            jobs: """
                Einkaufsleiterin, Geschäftsführer, Vertriebsleitung, Buchhalterin, Werkstattmeister, Projektleitung,
                Sachbearbeiter, Qualitätsprüferin
                """),
        numbers: NumberStock(
            mobiles: "+49 171 39200##, +49 176 040690##, +49 (171) 39200 ##",
            nationalIDs: "00 ### ### ###, L0#@#@###", bankAccounts: "DE00 #### #### #### #### ##, DE00##################"),
        remarks: """
            Bitte nur vormittags anrufen, nachmittags in der Werkstatt.
            Wünscht Angebote schriftlich und mit Skonto.
            Grüßt immer freundlich, zahlt pünktlich.
            """)

    private static let austria = SampleLocale(
        "AT", "EUR",
        names: NameStock(
            women: "Adelheid, Brigitta, Edeltraud, Franziska, Jovana, Liesl, Magdalena, Notburga, Vroni, Walburga",
            men: "Alois, Bartholomäus=bartholomaeus, Christoph, Dragan, Ferdinand, Hannes, Kajetan, Leopold, Sepp, Wendelin",
            family: """
                Aichinger-Lutz, Brandstätter=brandstaetter, Dürnberger=duernberger, Edlinger, Gschwandtner, Höllriegl=hoellriegl,
                Innerkofler, Kröll=kroell, Mitterbauer, Obermüllner=obermuellner, Pichlmayr, Schörghuber=schoerghuber,
                Wögerer=woegerer
                """,
            titlesOfWomen: "Frau, Frau Mag., Frau DI", titlesOfMen: "Herr, Herr Mag., Herr Ing., Herr DI"),
        places: PlaceStock(
            cities: """
                Wien | Wien | 1##0 | +43 1 0######
                Graz | Steiermark | 80## | +43 316 0#####
                Linz | Oberösterreich | 40## | +43 732 0#####
                Salzburg | Salzburg | 50## | +43 662 0#####
                Innsbruck | Tirol | 60## | +43 512 0#####
                """,
            streets: "Marillenweg, Beim Weißen Kreuz, Sattlergasse, Almrauschweg, Kirchenplatz, Untere Hauptstraße",
            streetLines: """
                $ %#
                $ %#/%/%#
                $ %#/Top %
                """),
        firms: FirmStock(
            stems: """
                Alpenspecht, Donauquell, Enzian & Partner=enzian, Gamsfeld, Nockberg, Steinröslein=steinroeslein, Tauernlicht
                """,
            trades: """
                Holzbau, Seilbahntechnik, Konditorei, Optik, Mühlenbetriebe=muehlen, Reisen, Pharma
                """,
            legalForms: "GmbH, AG, KG, OG",
            jobs: "Geschäftsführerin, Prokurist, Küchenchef, Bautechnikerin, Buchhalter, Filialleitung, Diplomkrankenpfleger"),
        numbers: NumberStock(
            mobiles: """
                +43 660 0######, +43 676 0## ## ##
                """,
            nationalIDs: "0###dmy, #000 dmy", bankAccounts: "AT00 #### #### #### ####"),
        remarks: """
            Im Jänner auf Kur, danach wieder erreichbar.
            Legt Wert auf den akademischen Grad.
            """)

    private static let netherlands = SampleLocale(
        "NL", "EUR",
        names: NameStock(
            women: "Aafke, Bregje, Carlijn, Femke, Hiske, Joëlle, Lotte, Marijke, Noor, Saskia, Wietske",
            men: "Bas, Corné, Daan, Florijn, Gijs, Hidde, Joost, Maarten, Pim, Sjoerd, Teun, Wouter",
            family: """
                Bakhuizen, van den Berkel, Ceulemans, ten Doesschate, Elzinga, de Graaff, Hoogvliet, in 't Veld, Kuijpers,
                van Leersum,
                Mulderij, Nieuwkoop, Oosterwijk, van der Zwaan, IJsbrandij
                """,
            titlesOfWomen: "mevrouw, mevr., drs.", titlesOfMen: "de heer, dhr., ir."),
        places: PlaceStock(
            cities: """
                Amsterdam | Noord-Holland | 10## @@ | +31 20 0## ####
                Rotterdam | Zuid-Holland | 30## @@ | +31 10 0## ####
                Utrecht | Utrecht | 35## @@ | +31 30 0## ####
                's-Hertogenbosch | Noord-Brabant | 52## @@ | +31 73 0## ####
                Groningen | Groningen | 97## @@ | +31 50 0## ####
                """,
            streets: "Lijnbaansteeg, Tulpenkade, Oude Vest, Molenwerf, Zandpad, Korte Reigerstraat, Scheepstimmermanslaan",
            streetLines: """
                $ %#
                $ %## A
                $ %-#
                """),
        firms: FirmStock(
            stems: "Klaverwiel, Lage Dijk, Noorderhaak, Oranjevink, Polderbries, Stille Gracht, Zilvermeeuw",
            trades: "Bloemen, Fietsen, Waterbouw, Kaas, Logistiek, Techniek, Zorg", legalForms: "B.V., N.V., V.O.F.",
            jobs: "Inkoper, Directeur, Verpleegkundige, Planner, Boekhouder, Teamleider, Accountmanager"),
        numbers: NumberStock(
            mobiles: "+31 6 0#######, +31 6 0### ####", nationalIDs: "000######", bankAccounts: "NL00 @@@@ #### #### ##"),
        remarks: """
            Liever een korte mail dan een lang gesprek.
            Komt op de fiets, dus geen afspraken bij storm.
            """)

    private static let sweden = SampleLocale(
        "SE", "SEK", unitsPerEuro: 11,
        names: NameStock(
            women: "Agneta, Britt-Marie, Ebba, Elin, Gullan, Hjördis, Linnéa, Märta, Sigrid, Tove, Åsa",
            men: "Anders, Björn, Folke, Göran, Håkan, Isak, Lennart, Måns, Östen, Rasmus, Torbjörn, Yngve",
            family: """
                Almkvist, Björnsäter, Dahlgård, Ekelöv, Forsåker, Granström, Hägglöf, Källmark, Lindhöjd, Malmsjö, Nyåker,
                Oxelgren, Rönnqvist, Sjöhammar, Tallskog, Ängsmo
                """,
            middle: .secondGiven, titlesOfWomen: "Fru, Dr., Fru", titlesOfMen: "Herr, Dr., Herr"),
        places: PlaceStock(
            cities: """
                Stockholm | Stockholms län | 11# ## | +46 8 465 004 ##
                Göteborg | Västra Götalands län | 41# ## | +46 31 390 06 ##
                Malmö | Skåne län | 21# ## | +46 40 628 04 ##
                Kiruna | Norrbottens län | 981 ## | +46 980 319 2##
                """,
            streets: "Björkvägen, Hjortrongatan, Lilla Bryggan, Smedjegränd, Ängsstigen, Fyrvaktarbacken",
            streetLines: """
                $ %#
                $ %B, lgh 1#0%
                """),
        firms: FirmStock(
            stems: "Blåklinten, Fjällsvala, Järnkvarn, Lingonmo, Norrlykta, Skärvind, Tranedal",
            trades: "Teknik, Trävaror, Rederi, Bageri, Miljö, Data, Omsorg", legalForms: "AB, HB, AB",
            jobs: "Inköpschef, Säljare, Ekonomiansvarig, Sjuksköterska, Verkstadschef, Projektledare, VD"),
        numbers: NumberStock(
            mobiles: """
                +46 70 174 06 ##, +46 70 1740 6##
                """,
            nationalIDs: "cymd-0000, ymd-000#", bankAccounts: "SE00 #### #### #### #### ####"),
        remarks: """
            Fika först, siffror sedan.
            Stängt i juli, hela företaget har semester.
            """)
}
