// French numbers lie in the ranges that Arcep keeps for fiction.
extension SampleLocale {
    static let romance = [france, spain, italy]

    private static let france = SampleLocale(
        "FR", "EUR", weight: 5,
        names: NameStock(
            women: "Anaïs, Bérengère, Cécile, Délphine, Éloïse, Fatou, Gaëlle, Hélène, Jeanne, Maëlys, Noémie, Solène, Yasmina",
            men: "Aurélien, Benoît, Cédric, Étienne, François, Gaël, Jérôme, Karim, Loïc, Mathéo, Raphaël, Théophile",
            family: """
                Abadie, Bellanger, Chênevert, Desrosières, Étcheverry, Fontenoy, Gauthereau, Hérisson, Jolivet, L'Hermite,
                Kermadec,
                Lacroizille, Mbaye, Nœuveglise, Pérotin, Quéméner, Rouvière, d'Aubrac, Tréguier, Vauzelles
                """,
            middle: .secondGiven, titlesOfWomen: "Mme, Mme, Dr", titlesOfMen: "M., M., Dr, Me"),
        places: PlaceStock(
            cities: """
                Paris | Île-de-France | 750## | +33 1 99 00 ## ##
                Rennes | Bretagne | 35#00 | +33 2 61 91 ## ##
                Strasbourg | Grand Est | 67#00 | +33 3 53 01 ## ##
                Lyon | Auvergne-Rhône-Alpes | 6900# | +33 4 65 71 ## ##
                Toulouse | Occitanie | 31#00 | +33 5 36 49 ## ##
                """,
            streets: """
                rue des Églantiers, avenue du Vieux-Port, impasse de l'Écluse, allée des Mûriers, place de la Halle,
                quai aux Fleurs
                """,
            streetLines: """
                %#, $
                % bis, $
                %# $
                """),
        firms: FirmStock(
            stems: "Aubépine, Bois-Clair, Châtaigneraie, Grand Héron, L'Étoffe Bleue, Mirabelle, Pont-Levé",
            trades: """
                Énergies, Transports, Vignobles, Édition, Mécanique, Santé, Confiserie, Conseil
                """,
            legalForms: "SAS, SARL, SA, SCOP",
            jobs: """
                Responsable des achats, Gérante, Comptable, Chef de projet, Ingénieure, Infirmier, Directrice générale,
                Chargé d'affaires
                """),
        numbers: NumberStock(
            mobiles: "+33 6 39 98 ## ##, +33 6.39.98.##.##", nationalIDs: "1 y m 99 ### ### 00, 2 y m 99 ### ### 00",
            bankAccounts: "FR00 #### #### #### #### #### ###"),
        remarks: """
            Préfère être vouvoyée ; ne jamais appeler entre midi et deux.
            À relancer après la rentrée.
            Très satisfait de la dernière livraison.
            """)

    private static let spain = SampleLocale(
        "ES", "EUR", weight: 4,
        names: NameStock(
            women: "Ainhoa, Begoña, Concepción, Estíbaliz, Itziar, Leocadia, Montserrat, Núria, Rocío, Sofía, Zuriñe",
            men: "Álvaro, Bartolomé, Eusebio, Gonzalo, Íñigo, Jesús, Joaquín, Martín, Óscar, Ramón, Xabier",
            family: """
                Aguirrezabal, Barrachina Soler, Cañizares Mota, Echeverría, Fuentepiña, Garrido Peña, Herrerías, Ibáñez Luque,
                Lizarraga, Muñoz Ferrer, Núñez de Haro, Ordóñez, Piñeiro, Quiñones Rey, Valdivieso, Zubizarreta
                """,
            middle: .secondGiven, titlesOfWomen: "Sra., D.ª, Dra.", titlesOfMen: "Sr., D., Dr."),
        places: PlaceStock(
            cities: """
                Madrid | Comunidad de Madrid | 280## | +34 910 0## ###
                Barcelona | Cataluña | 080## | +34 930 0## ###
                A Coruña | Galicia | 150## | +34 881 0# ## ##
                Cádiz | Andalucía | 110## | +34 856 0# ## ##
                Donostia / San Sebastián | País Vasco | 200## | +34 843 0# ## ##
                """,
            streets: """
                Calle del Olivar, Paseo de la Ribera, Avenida de los Cipreses, Plaza del Molino, Rúa da Fonte, Carrer de l'Alzina
                """,
            streetLines: """
                $, %#
                $, %#, %.º B
                $ %, bajo
                """),
        firms: FirmStock(
            stems: "Alcotán, Brisamar, Cigüeña Blanca, Los Ñandúes, Peñalobos, Salina Vieja, Torrealba",
            trades: """
                Conservas, Aceites, Construcciones, Turismo, Maquinaria, Clínicas, Informática
                """,
            legalForms: "S.L., S.A., S.Coop.",
            jobs: "Jefa de compras, Gerente, Contable, Técnico de laboratorio, Enfermera, Delegado comercial, Directora"),
        numbers: NumberStock(
            mobiles: """
                +34 600 0## ###, +34 600 0# ## ##
                """,
            nationalIDs: "00######-@, X00#####@", bankAccounts: "ES00 #### #### #### #### ####"),
        remarks: """
            Llamar a partir de las cinco, nunca a la hora de comer.
            ¿Le interesa la ampliación? Preguntar en septiembre.
            """)

    private static let italy = SampleLocale(
        "IT", "EUR", weight: 4,
        names: NameStock(
            women: "Agnese, Beatrice, Chiara, Donatella, Fiammetta, Ginevra, Lucrezia, Mariù, Novella, Ottavia, Zita",
            men: "Alvise, Brando, Corrado, Emanuele, Fosco, Gaetano, Leandro, Nicolò, Niccolò, Oreste, Ubaldo",
            family: """
                Accordi, Bellincioni, Calabrò, D'Amato, Dell'Orto, Fabrizi, Guidoboni, Lo Presti, Mastroianni-Luce, Nicolì,
                Ombrosi,
                Pellegrinelli, Quattrocchi, Rondò, Spadavecchia, Tagliaferri
                """,
            titlesOfWomen: "Sig.ra, Dott.ssa, Ing.", titlesOfMen: "Sig., Dott., Ing., Avv."),
        places: PlaceStock(
            cities: """
                Roma | RM | 001## | +39 06 0### ####
                Milano | MI | 201## | +39 02 0### ####
                Torino | TO | 101## | +39 011 0## ####
                Palermo | PA | 901## | +39 091 0## ####
                Forlì | FC | 4712# | +39 0543 0#####
                """,
            streets: """
                Via dei Glicini, Corso della Filanda, Piazza delle Erbe Nuove, Viale del Faro, Vicolo Stretto,
                Largo Sant'Eufrasia
                """,
            streetLines: """
                $, %#
                $ %#/A
                $ n. %
                """),
        firms: FirmStock(
            stems: "Acquachiara, Borgolieto, Cinqueterzi, Fiordineve, Luna & Figli=lunafigli, Passerotto, Vallelarga",
            trades: "Ceramiche, Pasta, Meccanica, Moda, Caffè, Impianti, Spedizioni", legalForms: "S.r.l., S.p.A., S.n.c.",
            jobs: "Responsabile acquisti, Amministratrice, Ragioniere, Progettista, Medico di base, Agente, Capo officina"),
        numbers: NumberStock(
            mobiles: "+39 300 0######, +39 300 0## ####", nationalIDs: "@@@@@@y@00Z###@, QQQ@@@y@00Z###@",
            bankAccounts: "IT00 @### #### #### #### #### ###"),
        remarks: """
            Ad agosto è chiuso: richiamare a settembre.
            Più caffè che riunioni, ma decide in fretta.
            """)
}
