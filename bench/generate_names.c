/* SPDX-License-Identifier: MIT */
#include "generate_names.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

/*
 * Names stand between commas; `shown|plain` where a name is not plain ASCII. Within the first names
 * of all lists, and within each list of last names, no two may have the same ASCII letters:
 * addresses are unique only because of that.
 */

static const char *const latin_first[] = {
    "Aaron,Abigail,Ádám|Adam,Adele,Adrian,Agatha,Agnes,Aidan,Albert,Alexandra,Alfred,Alice",
    "Alicia,Alina,Alison,Amanda,Amber,Amelia,Anaïs|Anais,Anders,Andrea,Andrés|Andres,Andrew",
    "Angela,Anita,Annika,Ann-Marie,Anthony,Anton,Antonia,April,Arjun,Arthur,Åsa|Asa,Astrid",
    "Audrey,Aurora,Barbara,Barry,Basil,Beatrice,Benjamin,Bernard,Bernd,Bianca,Billy-Ray,Birgit",
    "Björn|Bjorn,Blake,Boris,Brandon,Brenda,Brian,Bridget,Bruno,Bryan,Çağla|Cagla,Caleb",
    "Calvin,Cameron,Camilla,Carina,Carla,Carlos,Carmen,Carol,Caroline,Casper,Catherine,Cecilia",
    "Celia,Charles,Charlotte,Chiara,Chloé|Chloe,Chris,Christian,Christina,Claire,Clara,Claudia",
    "Clemens,Clive,Colin,Conceição|Conceicao,Connor,Conrad,Corinna,Craig,Curtis,Cynthia,Daisy",
    "Damian,Daniel,Daniela,Daphne,Darren,David,Debbie,Deborah,Denise,Dennis,Derek,Diana,Diego",
    "Dieter,Dominic,Donald,Donna,Doris,Dorothy,Douglas,Duncan,Dylan,Eamon,Edgar,Edith,Eduardo",
    "Edward,Eileen,Elaine,Eleanor,Elena,Elias,Elisa,Eliza,Ellen,Elliot,Emily,Enrico,Erica",
    "Ernest,Esther,Ethan,Eugene,Éva|Eva,Evelyn,Fabian,Faith,Farah,Felicia,Felix,Fergus,Fiona",
    "Flora,Florian,Frances,Francesca,Francis,François|Francois,Frank,Franz,Freda,Freya,Gabriel",
    "Gareth,Gavin,Gemma,Geoff,George,Gerald,Gerda,Gianni,Giulia,Gloria,Gordon,Grace,Graham",
    "Grant,Greta,Guðrún|Gudrun,Guido,Günther|Gunther,Gustav,Hanna,Hannah,Harold,Harriet",
    "Harry,Harvey,Hazel,Heather,Hector,Heidi,Helen,Helena,Hélène|Helene,Helga,Henrik,Henry",
    "Herbert,Hilary,Holly,Howard,Imogen,Inés|Ines,Ingrid,Iris,Isaac,Isabel,István|Istvan,Ivan",
    "Jack,Jacob,Jade,James,Jamie,Jane,Janet,Janine,Jasmine,Jason,Jasper,Jean,Jeff,Jennifer,Jens",
    "Jeremy,Jérôme|Jerome,Jesse,Jessica,Jill,Jiří|Jiri,Joan,Jo Ann,Joanna,João|Joao",
    "Joaquín|Joaquin,Joel,John,Jonas,Jonathan,Jordan,José|Jose,Joseph,Joshua,Joyce,Juan",
    "Judith,Julia,Julian,Julie,Juliet,June,Jürgen|Jurgen,Justin,Kara,Karen,Karim,Karin,Karl",
    "Kate,Katja,Keith,Kelly,Kenneth,Kerstin,Kevin,Kirsten,Klaus,Knut,Kurt,Kyle,Lana,Lara,Lars",
    "Laura,Lauren,Laurence,Leah,Leif,Lena,Leon,Leonie,Leroy,Lewis,Liam,Lila,Lily,Linda,Lisa",
    "Logan,Lola,Lorenzo,Lotte,Louis,Louise,Ľubica|Lubica,Luca,Lucas,Lucia,Lucy,Luisa",
    "Łukasz|Lukasz,Luke,Lydia,Mabel,Madeleine,Magnus,Malcolm,Małgorzata|Malgorzata,Marc",
    "Marcel,Marco,Marcus,Margaret,Maria,Marianne,Marie,Marina,Mario,Marion,Mark,Marlene",
    "Märta|Marta,Martha,Martin,Mary,Mary-Jane,Mason,Matilda,Matt,Matteo,Matthew,Maureen",
    "Maurice,Megan,Melanie,Melissa,Michael,Michał|Michal,Michelle,Miguel,Mike,Mila,Miles,Milo",
    "Mira,Miriam,Mitchell,Moira,Molly,Monica,Morgan,Morten,Muriel,Myra,Nadia,Nancy,Naomi",
    "Natalie,Nathan,Neil,Nelly,Niall,Nicholas,Nicola,Nicole,Nigel,Nils,Nina,Noël|Noel,Nora",
    "Norman,Oliver,Olivia,Óscar|Oscar,Otto,Owen,Özgür|Ozgur,Paige,Paolo,Pascal,Patricia",
    "Patrick,Paul,Paula,Pavel,Paweł|Pawel,Pedro,Penny,Pernille,Peter,Petra,Philip,Phoebe",
    "Pierre,Polly,Quentin,Rachel,Ralf,Ralph,Ravi,Rebecca,Regina,René|Rene,Renée|Renee,Rhys",
    "Ricardo,Richard,Rita,Robert,Robin,Rodney,Roger,Róisín|Roisin,Roland,Rosa,Rose,Ross,Ruby",
    "Rudolf,Russell,Ruth,Ryan,Sabine,Sally,Samantha,Samuel,Sandra,Sanjay,Sara,Šárka|Sarka",
    "Scott,Seán|Sean,Şebnem|Sebnem,Selma,Seth,Sharon,Sheila,Shirley,Siân|Sian,Sidney,Sigrid",
    "Silas,Silke,Silvia,Simon,Simone,Siobhán|Siobhan,Sofía|Sofia,Sonia,Sophie,Søren|Soren",
    "Stella,Stephen,Steve,Stuart,Susan,Sven,Sylvia,Tanya,Tara,Teresa,Terry,Tess,Theo,Thomas",
    "Þóra|Thora,Tilda,Timothy,Tina,Tobias,Todd,Tony,Tracy,Tristan,Troy,Ulrike,Valerie,Vanessa",
    "Vera,Victor,Victoria,Vincent,Viola,Vivian,Wade,Walter,Wanda,Warren,Wayne,Wendy,Werner",
    "William,Wilma,Winston,Xavier,Yara,Yves,Yvonne,Zara,Zdeněk|Zdenek,Zelda,Zoë|Zoe",
    "Zsófia|Zsofia",
    NULL,
};

static const char *const latin_last[] = {
    "Abbott,Abrams,Acosta,Adair,Adams,Adler,Ahlberg,Ahrens,Aiken,Ainsworth,Åkesson|Akesson",
    "Albers,Aldridge,Allen,Álvarez|Alvarez,Amato,Anderson,Andrews,Appel,Araújo|Araujo,Archer",
    "Armstrong,Arnold,Ashby,Atkins,Austin,Avery,Ayers,Bacon,Bailey,Baird,Baker,Baldwin,Ballard",
    "Banks,Barber,Barker,Barnes,Barrett,Barry,Bartlett,Barton,Bauer,Baxter,Becker,Bender",
    "Bennett,Benson,Bérard|Berard,Berger,Bernard,Berry,Bērziņš|Berzins,Beyer,Bianchi,Bishop",
    "Bjørnstad|Bjornstad,Black,Blair,Blake,Blanc,Bloom,Böhm|Boehm,Boone,Booth,Bowen,Bowman",
    "Boyle,Bradley,Brady,Brandt,Braun,Brennan,Brewer,Briggs,Brock,Brooks,Brown,Bruce,Bruno",
    "Bryant,Burgess,Burke,Burns,Burton,Butler,Byrne,Caldwell,Cameron,Campbell,Cannon,Carey",
    "Carlson,Carroll,Carson,Carter,Casey,Castro,Černý|Cerny,Chambers,Chapman,Chase,Clark",
    "Clarke,Clemens,Coleman,Collins,Colombo,Connor,Conrad,Conti,Cooper,Costa,Craig,Crane,Cross",
    "Cunha,Curtis,Dąbrowski|Dabrowski,Dalton,Daniels,Davey,Davis,Dawson,Decker,Delgado,Del Rio",
    "de Vries,Dixon,Dolan,Donovan,Doyle,Drake,D'Souza,Dubois,Dupont,Duran,Dvořák|Dvorak,Eaton",
    "Ebert,Edwards,Ekberg,Elliott,Ellis,Emery,Engel,Erdős|Erdos,Erikson,Evans,Faber,Farley",
    "Farmer,Faulkner,Ferrari,Fields,Finch,Fischer,Fisher,Fleming,Fletcher,Flores,Flynn,Forbes",
    "Forster,Foster,Fowler,Français|Francais,Franco,Frank,Franklin,Fraser,Freeman,French,Frost",
    "Fuchs,Fuller,Gallagher,Gallo,Garcia,García-Ríos|Garcia-Rios,Gardner,Garner,Gates,Geiger",
    "Gibbs,Gibson,Gilbert,Glover,Gomes,Gómez|Gomez,Gonçalves|Goncalves,Gordon,Graham,Grant",
    "Graves,Greco,Green,Greer,Griffin,Groß|Gross,Grover,Gruber,Hagen,Hammond,Hansen,Hanson",
    "Harding,Hardy,Harmon,Harper,Harris,Hartmann,Harvey,Hayes,Heath,Hebert,Heller,Henry,Hensley",
    "Herman,Hernández|Hernandez,Herzog,Hicks,Higgins,Hoffman,Hogan,Holmes,Hooper,Hopkins",
    "Horton,Horváth|Horvath,Houston,Howard,Huber,Hudson,Hughes,Hunter,Hurst,Ingram",
    "Ionescu-Țară|Ionescu-Tara,Irwin,Jackson,Jacobs,Jäger|Jaeger,Jansen,Jensen,Johnson,Jones",
    "Jónsdóttir|Jonsdottir,Jordan,Joseph,Joyce,Karlsen,Kaufman,Keller,Kelly,Kennedy,Klein",
    "Knight,Köhler|Koehler,Kovačević|Kovacevic,Kowalski,Kramer,Kraus,Kruger,Lambert",
    "Łapiński|Lapinski,Larsen,Larson,Laurent,Lawson,Leach,Lefèvre|Lefevre,Lehmann,Leonard",
    "Leroy,Lewis,Lindgren,Little,Lloyd,Lloyd-Webb,Logan,Lopes,Lorenz,Lucas,Lynch,Lyons,Madsen",
    "Maier,Maloney,Marino,Marsh,Marshall,Martin,Mason,Matthews,Maurer,Maxwell,Mayer,McCall",
    "McCoy,McKay,Mendes,Meyer,Miles,Miller,Mills,Monroe,Moody,Moore,Moran,Moreau,Moretti,Morgan",
    "Morris,Morton,Moser,Mueller,Müller|Muller,Muñoz|Munoz,Murphy,Murray,Nelson,Neumann",
    "Newman,Newton,Nguyen,Nielsen,Nilsson,Noble,Nolan,Norris,North,Novak,Núñez|Nunez,Oakley",
    "Öberg|Oberg,O'Brien,Ochoa,Olsen,O'Neill,Ortega,Østergaard|Ostergaard,Otto,Owens",
    "Öztürk|Ozturk,Pace,Page,Palmer,Park,Parker,Parsons,Patton,Paul,Payne,Pearce,Peck",
    "Peña|Pena,Penn,Pereira,Pérez|Perez,Perkins,Perry,Peters,Petrov,Pfeiffer,Phelps,Phillips",
    "Pierce,Pike,Pine,Pohl,Poole,Pope,Porter,Potter,Powell,Pratt,Price,Prince,Quinn,Ramos",
    "Randall,Reed,Reese,Reeves,Reid,Reyes,Reynolds,Rhodes,Ricci,Rice,Richter,Riley,Rinaldi",
    "Ritter,Rivera,Roberts,Robson,Romano,Rose,Ross,Roth,Rowe,Rubin,Ruiz,Russo,Ryan,Sachs",
    "Şahin|Sahin,Salas,Sanders,Santoro,Sauer,Saunders,Sawyer,Schmidt,Schneider,Scholz,Schulz",
    "Schwarz,Scott,Sears,Seidel,Sharp,Shaw,Shepherd,Silva,Simmons,Simões|Simoes,Simon,Sims",
    "Sjöberg|Sjoberg,Sloan,Smith,Smith-Jones,Snow,Snyder,Sommer,Sørensen|Sorensen,Spencer",
    "Stark,St. Clair,Steele,Stein,Stern,Stone,Strand,Strauss,Summers,Sutton",
    "Svobodová|Svobodova,Swift,Szűcs|Szucs,Tanner,Tate,Taylor,Thomas,Thompson,Todd,Torres",
    "Tran,Tucker,Turner,Tyler,Underwood,Valenti,Vance,van Dijk,Vaughn,Vega,Vogel,Vogt,von Arnim",
    "Wagner,Walker,Wallace,Walsh,Walter,Ward,Warner,Watson,Watts,Weaver,Webb,Weber,Weiß|Weiss",
    "Wells,West,Wheeler,White,Wilcox,Wilde,Wilkins,Williams,Wilson,Winter",
    "Wiśniewska|Wisniewska,Wójcik|Wojcik,Wolf,Wood,Woods,Wright,Yang,Yates,Yılmaz|Yilmaz",
    "York,Young,Zhou,Ziegler,Zimmer,Žižek|Zizek",
    NULL,
};

static const char *const script_first[] = {
    "Γιώργος|Giorgos,Ελένη|Eleni,Νίκος|Nikos,Κατερίνα|Katerina",
    "Δημήτρης|Dimitris,Βασιλική|Vasiliki,Σπύρος|Spyros",
    "Ευαγγελία|Evangelia",
    "Дмитрий|Dmitriy,Ольга|Olga,Сергей|Sergey,Наталья|Natalya",
    "Алексей|Aleksey,Ирина|Irina,Юрий|Yuriy,Світлана|Svitlana",
    "伟|Wei,秀英|Xiuying,娜|Na,强|Qiang,静|Jing,磊|Lei,芳|Fang,建国|Jianguo",
    "翔太|Shota,さくら|Sakura,健一|Kenichi,美咲|Misaki,大輔|Daisuke,陽子|Yoko",
    "タカシ|Takashi,由美|Yumi",
    "محمد|Mohammed,فاطمة|Fatima,أحمد|Ahmed,خالد|Khaled,ليلى|Layla",
    "يوسف|Youssef,نور|Nour,عمر|Omar",
    "יעל|Yael,משה|Moshe,נועה|Noa,אורי|Uri,תמר|Tamar,איתן|Eitan",
    "שירה|Shira,ליאור|Lior",
    "राहुल|Rahul,प्रिया|Priya,अंजलि|Anjali,विजय|Vijay",
    "सुनीता|Sunita,राजेश|Rajesh,दीपक|Deepak",
    "कविता|Kavita",
    NULL,
};

static const char *const script_last[] = {
    "Παπαδόπουλος|Papadopoulos,Βλάχος|Vlachos,Αγγέλου|Angelou",
    "Νικολάου|Nikolaou,Γεωργίου|Georgiou,Δημητρίου|Dimitriou",
    "Οικονόμου|Oikonomou,Ιωάννου|Ioannou",
    "Иванов|Ivanov,Смирнова|Smirnova,Кузнецов|Kuznetsov",
    "Попова|Popova,Соколов|Sokolov,Шевченко|Shevchenko",
    "Бондаренко|Bondarenko,Ковальчук|Kovalchuk",
    "王|Wang,李|Li,张|Zhang,刘|Liu,陈|Chen,杨|Yang,赵|Zhao,黄|Huang",
    "佐藤|Sato,鈴木|Suzuki,高橋|Takahashi,田中|Tanaka,渡辺|Watanabe,伊藤|Ito",
    "山本|Yamamoto,中村|Nakamura",
    "الحسن|Alhassan,الشامي|Alshami,حداد|Haddad,خوري|Khoury",
    "منصور|Mansour,العلي|Alali,سعيد|Saeed,نجار|Najjar",
    "כהן|Cohen,לוי|Levi,מזרחי|Mizrahi,פרץ|Peretz,ביטון|Biton,דהן|Dahan",
    "אברהם|Avraham,פרידמן|Friedman",
    "शर्मा|Sharma,वर्मा|Verma,गुप्ता|Gupta,सिंह|Singh",
    "कुमार|Kumar,पटेल|Patel,मिश्रा|Mishra,यादव|Yadav",
    NULL,
};

static const char *const team_functions[] = {
    "Sales,Field Operations,Finance,Customer Support,Payroll,Procurement,Legal,Internal Audit",
    "Tax,Treasury,Marketing,Brand,Communications,Public Affairs,Human Resources",
    "Talent Acquisition,Learning,Facilities,Real Estate,Security,Cyber Defence,Identity,Network",
    "Cloud Platform,Data Platform,Data Science,Analytics,Business Intelligence,Architecture",
    "Front End,Back End,Mobile Apps,Quality,Test Automation,Release,Site Reliability",
    "Service Desk,Technology,Product Design,Research,Prototyping,Manufacturing,Assembly",
    "Maintenance,Logistics,Warehouse,Fleet,Supply Planning,Pricing,Contracts,Partner Programme",
    "Key Accounts,Retail,Wholesale,E-Commerce,Billing,Collections,Claims,Underwriting,Risk",
    "Compliance,Health and Safety,Sustainability,Program Office",
    NULL,
};

static const char *const team_places[] = {
    "Amsterdam,Athens,Atlanta,Austin,Bangalore,Berlin,Boston,Brussels,Budapest,Chicago",
    "Copenhagen,Dallas,Delhi,Denver,Dubai,Dublin,Edinburgh,Frankfurt,Geneva,Glasgow,Hamburg",
    "Helsinki,Houston,Lisbon,London,Madrid,Manila,Melbourne,Miami,Milan,Mumbai,Nairobi,Oslo",
    "Paris,Prague,Rome,Seattle,Singapore,Stockholm,Sydney,Toronto,Vienna,Warsaw,EMEA,APAC,LATAM",
    "Nordics,Benelux,DACH,Iberia,München|Munich,Zürich|Zurich,Köln|Cologne,Malmö|Malmo",
    "Kraków|Krakow,Łódź|Lodz,São Paulo|Sao Paulo,Québec|Quebec,Bogotá|Bogota",
    "Montréal|Montreal,İzmir|Izmir,東京|Tokyo,North America,East Coast",
    NULL,
};

static char letter_lower(char letter)
{
    if (letter >= 'A' && letter <= 'Z') {
        return (char)(letter - 'A' + 'a');
    }
    return letter;
}

static void name_set(struct name *name, const char *text, size_t size, bool ascii)
{
    const char *bar = memchr(text, '|', size);
    const char *plain = bar != NULL ? bar + 1 : text;
    const char *end = text + size;
    const char *shown = ascii ? plain : text;
    const char *shown_end = bar != NULL && !ascii ? bar : end;

    assert(shown_end - shown <= NAME_SHOWN_SIZE);
    name->shown_size = (uint8_t)(shown_end - shown);
    memcpy(name->shown, shown, name->shown_size);
    name->mail_size = 0;
    for (const char *at = plain; at < end; at++) {
        char letter = letter_lower(*at);
        if (letter >= 'a' && letter <= 'z' && name->mail_size < NAME_MAIL_SIZE) {
            name->mail[name->mail_size++] = letter;
        }
    }
}

static void names_split(struct name *names, size_t count, const char *const *lines, bool ascii)
{
    size_t index = 0;

    for (; *lines != NULL; lines++) {
        const char *at = *lines;
        while (*at != '\0' && index < count) {
            size_t size = strcspn(at, ",");
            name_set(&names[index++], at, size, ascii);
            at += size + (at[size] == ',');
        }
    }
    assert(index == count);
}

void names_fill(struct names *names, bool ascii)
{
    memset(names, 0, sizeof(*names));
    names_split(names->first, LATIN_FIRST_COUNT, latin_first, ascii);
    names_split(names->last, NAME_COUNT, latin_last, ascii);
    names_split(names->script_first, SCRIPT_TOTAL, script_first, ascii);
    names_split(names->script_last, SCRIPT_TOTAL, script_last, ascii);
    names_split(names->functions, WORD_COUNT, team_functions, ascii);
    names_split(names->places, WORD_COUNT, team_places, ascii);
}

/*
 * Of the 512 first names, 16 places stand for scripts other than Latin: 3 % of all people. The bits
 * that choose a Latin last name choose both names there, and what is left of them, with the place
 * itself, goes into the number, so that nothing is lost:
 *
 *     Latin    | number ...            | last (9)                   | first (9) |
 *     another  | number ... | place (4)| rest (3) last (3) first (3)| 496..511  |
 */
struct person names_person(const struct names *names, uint64_t code)
{
    uint64_t first = code % NAME_COUNT;
    uint64_t last = (code >> NAME_BITS) % NAME_COUNT;
    uint64_t number = code >> (2 * NAME_BITS);

    if (first < LATIN_FIRST_COUNT) {
        return (struct person){
            .first = &names->first[first],
            .last = &names->last[last],
            .birth_last = &names->last[last],
            .number = number,
        };
    }
    uint64_t slot = first - LATIN_FIRST_COUNT;
    uint64_t script = slot * SCRIPT_COUNT / SCRIPT_SLOT_COUNT * SCRIPT_NAME_COUNT;
    uint64_t rest = last >> (2 * SCRIPT_NAME_BITS);

    first = script + last % SCRIPT_NAME_COUNT;
    last = script + (last >> SCRIPT_NAME_BITS) % SCRIPT_NAME_COUNT;
    number = (number * SCRIPT_SLOT_COUNT + slot) * SCRIPT_NAME_COUNT + rest;
    return (struct person){
        .first = &names->script_first[first],
        .last = &names->script_last[last],
        .birth_last = &names->script_last[last],
        .number = number,
    };
}

const struct name *names_other_last(const struct names *names, const struct name *last,
                                    uint64_t choice)
{
    if (last >= names->last && last < names->last + NAME_COUNT) {
        size_t index = (size_t)(last - names->last);
        return &names->last[(index + 1 + choice % (NAME_COUNT - 1)) % NAME_COUNT];
    }
    size_t index = (size_t)(last - names->script_last);
    size_t script = index / SCRIPT_NAME_COUNT * SCRIPT_NAME_COUNT;

    index = (index + 1 + choice % (SCRIPT_NAME_COUNT - 1)) % SCRIPT_NAME_COUNT;
    return &names->script_last[script + index];
}
